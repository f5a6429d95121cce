//! Validated values: once one of these exists, nobody checks it again.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Why a text is not a value of its kind: one sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

fn invalid<T>(message: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid(message.into()))
}

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let check: fn(&str) -> Result<(), Invalid> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

pub(crate) use text_value;

text_value!(
    /// A cloud account's name: 1–100 characters, no control characters, no white space at either end.
    CloudAccountName,
    |text| check_name(text, 100)
);

text_value!(
    /// The name of an account, a user, an API key or a payment method's holder: 1–100 characters,
    /// no control characters, no white space at either end.
    DisplayName,
    |text| check_name(text, 100)
);

text_value!(
    /// An email address: one `@` with something on both sides, at most 254 characters, no white space.
    Email,
    |text| {
        let sound = text.len() <= 254
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && matches!(text.split_once('@'), Some((local, domain))
                if !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if sound {
            Ok(())
        } else {
            invalid("must be an email address, such as ops@example.com")
        }
    }
);

text_value!(
    /// An access key's id: 16–128 of A–Z and 0–9.
    AccessKeyId,
    |text| {
        if !(16..=128).contains(&text.len())
            || !text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
            return invalid("must be 16 to 128 characters of A-Z and 0-9, such as AKIAIOSFODNN7EXAMPLE");
        }
        Ok(())
    }
);

impl AccessKeyId {
    /// Whether AWS issued it for hours (`ASIA…`), not for an IAM user to keep.
    pub fn is_temporary(&self) -> bool {
        self.as_str().starts_with("ASIA")
    }
}

text_value!(
    /// What the trust policy of a role asks Berth to name: 2–1224 of letters, digits and `_+=,.@:/-`.
    ExternalId,
    |text| {
        let sound = (2..=1224).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b));
        if sound { Ok(()) } else { invalid("must be an external id that Berth issued") }
    }
);

text_value!(
    /// An IAM role's ARN: `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
    RoleArn,
    check_role_arn
);

impl RoleArn {
    /// The same as an ARN of anything.
    pub fn arn(&self) -> Arn {
        self.0.parse().expect("a role's ARN is an ARN")
    }

    /// The AWS account that owns the role.
    pub fn account(&self) -> AwsAccountId {
        self.arn().account
    }

    /// The role's name, without its path.
    pub fn name(&self) -> RoleName {
        let name = self.0.rsplit('/').next().unwrap_or_default();
        RoleName(name.to_owned())
    }
}

text_value!(
    /// An IAM role's name: 1–64 of letters, digits and `+=,.@-_`.
    RoleName,
    check_iam_name
);

text_value!(
    /// An IAM user's name: 1–64 of letters, digits and `+=,.@-_`.
    UserName,
    check_iam_name
);

text_value!(
    /// The number of an AWS account: 12 digits.
    AwsAccountId,
    |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            invalid("must be an AWS account id: 12 digits")
        }
    }
);

text_value!(
    /// The console sign-in address of an AWS account:
    /// `https://ACCOUNT-ID-OR-ALIAS.signin.aws.amazon.com/console`.
    SignInUrl,
    |text| {
        let Some(host) = text.strip_prefix("https://").and_then(|rest| {
            rest.strip_suffix("/console")
                .or_else(|| rest.strip_suffix("/console/"))
                .or_else(|| rest.strip_suffix('/'))
                .or(Some(rest))
        }) else {
            return invalid(SIGN_IN_URL_RULE);
        };
        let account = host.strip_suffix(SIGN_IN_HOST).unwrap_or_default();
        let alias_like = (3..=63).contains(&account.len())
            && account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if alias_like { Ok(()) } else { invalid(SIGN_IN_URL_RULE) }
    }
);

const SIGN_IN_HOST: &str = ".signin.aws.amazon.com";
const SIGN_IN_URL_RULE: &str =
    "must be the account's console sign-in URL, such as https://123456789012.signin.aws.amazon.com/console";

/// What a sign-in URL names its AWS account by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInAccount {
    /// The 12-digit account id.
    Id(AwsAccountId),
    /// The account's alias.
    Alias(String),
}

impl SignInUrl {
    /// The AWS account the URL signs in to.
    pub fn account(&self) -> SignInAccount {
        let host = self.0.trim_start_matches("https://");
        let label = host.split('.').next().unwrap_or_default();
        label.parse().map_or_else(|_| SignInAccount::Alias(label.to_owned()), SignInAccount::Id)
    }

    /// The sign-in URL every AWS account has.
    pub fn of_account(account: &AwsAccountId) -> Self {
        Self(format!("https://{account}{SIGN_IN_HOST}/console"))
    }
}

/// An IAM user's secret access key: 40 characters of A–Z, a–z, 0–9, `/`, `+` and `=`.
#[derive(Clone, Debug)]
pub struct SecretAccessKey(Secret);

impl SecretAccessKey {
    /// Checks the shape. The error never repeats the text.
    pub fn parse(text: Secret) -> Result<Self, Invalid> {
        let sound = text.expose().len() == 40
            && text.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"/+=".contains(&b));
        if sound {
            Ok(Self(text))
        } else {
            invalid("must be the 40-character secret that AWS showed when the access key was created")
        }
    }

    /// The secret inside.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// A console user's password: 1–128 characters, no control characters.
#[derive(Clone, Debug)]
pub struct ConsolePassword(Secret);

impl ConsolePassword {
    /// Checks the shape. The error never repeats the text.
    pub fn parse(text: Secret) -> Result<Self, Invalid> {
        let sound = (1..=128).contains(&text.expose().chars().count())
            && !text.expose().chars().any(char::is_control);
        if sound {
            Ok(Self(text))
        } else {
            invalid("must be 1 to 128 characters without control characters")
        }
    }

    /// The secret inside.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// An Amazon Resource Name, split at its five colons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    text: String,
    account: AwsAccountId,
    resource_at: usize,
}

impl Arn {
    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The AWS account that owns the resource.
    pub fn account(&self) -> &AwsAccountId {
        &self.account
    }

    /// What follows the account: `user/berth-user`, `root`, `assumed-role/NAME/SESSION`.
    pub fn resource(&self) -> &str {
        &self.text[self.resource_at..]
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or("aws")
    }
}

impl FromStr for Arn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.splitn(6, ':');
        let (Some("arn"), Some(_), Some(_), Some(_), Some(account), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return invalid("is not an ARN");
        };
        let account = account.parse()?;
        Ok(Self { text: text.to_owned(), account, resource_at: text.len() - resource.len() })
    }
}

fn check_name(text: &str, longest: usize) -> Result<(), Invalid> {
    let length = text.chars().count();
    if length == 0 {
        return invalid("must not be empty");
    }
    if length > longest {
        return invalid(format!("must be at most {longest} characters; this is {length}"));
    }
    if text.chars().any(char::is_control) {
        return invalid("must not contain control characters");
    }
    if text.trim() != text {
        return invalid("must not begin or end with white space");
    }
    Ok(())
}

fn check_role_arn(text: &str) -> Result<(), Invalid> {
    let sound = text.len() <= 2048
        && text.parse::<Arn>().is_ok_and(|arn| {
            let path = arn.resource().strip_prefix("role/");
            let name = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            text.starts_with(&format!("arn:{}:iam::", arn.partition()))
                && arn.partition().starts_with("aws")
                && text.chars().all(|c| c.is_ascii_graphic() && c != '*' && c != '?')
                && check_iam_name(name).is_ok()
        });
    if sound {
        Ok(())
    } else {
        invalid("must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/berth-access")
    }
}

fn check_iam_name(text: &str) -> Result<(), Invalid> {
    let sound = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@-_".contains(&b));
    if sound { Ok(()) } else { invalid("must be 1 to 64 letters, digits or any of + = , . @ - _") }
}
