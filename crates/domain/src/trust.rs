//! Reads a role's trust policy: may the operator's AWS account assume the role, and under what conditions?

use serde::Deserialize;
use serde_json::Value;

use crate::values::{AwsAccountId, ExternalId};

/// What a trust policy says about one AWS account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It may assume the role.
    Granted {
        /// Whether only after a second factor.
        mfa: Mfa,
        /// Whether anybody in any AWS account may assume it, too.
        open_to_all: bool,
        /// Condition keys that decide as well and that this reading cannot judge, such as `aws:SourceIp`.
        other_conditions: Vec<String>,
    },
    /// It may assume the role only with an external id, which the console's switch-role cannot pass.
    NeedsExternalId,
    /// No statement lets it in.
    NotTrusted {
        /// The AWS principals that are let in.
        trusted: Vec<String>,
    },
    /// A statement denies it.
    Denied,
    /// The document cannot be read; why.
    Unreadable(String),
}

/// Whether a second factor is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    /// Always.
    Required,
    /// Not always.
    NotRequired,
}

/// The trust policy that a console role should have: the operator's AWS account, with a second factor.
pub fn expected_policy(operator: &AwsAccountId) -> Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BerthConsole",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{operator}:root") },
            "Action": "sts:AssumeRole",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } }
        }]
    })
}

/// The trust policy that the role must have which Berth assumes instead of using an access key: the operator's AWS
/// account, when it names this external id.
pub fn access_policy(operator: &AwsAccountId, external_id: &ExternalId) -> Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BerthAccess",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{operator}:root") },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id.as_str() } }
        }]
    })
}

/// What a trust policy, as JSON text, says about the AWS account `operator`.
pub fn read(policy: &str, operator: &AwsAccountId) -> Trust {
    let document: Document = match serde_json::from_str(policy) {
        Ok(document) => document,
        Err(error) => return Trust::Unreadable(format!("it is not a policy document ({error})")),
    };
    let rules: Vec<Rule> = document
        .statement
        .into_vec()
        .into_iter()
        .filter(|rule| {
            rule.action
                .as_ref()
                .is_none_or(|actions| actions.iter().any(|action| covers_assume_role(action)))
        })
        .collect();
    if rules.iter().any(|rule| rule.not_principal.is_some() || rule.not_action.is_some()) {
        return Trust::Unreadable("it uses NotPrincipal or NotAction".into());
    }
    let (denying, allowing): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.effect == "Deny");
    let concerning = |rule: &&&Rule| rule.names(operator);
    if denying.iter().filter(concerning).any(|rule| rule.conditions().next().is_none()) {
        return Trust::Denied;
    }
    let mfa_by_denial = denying.iter().filter(concerning).any(|rule| rule.denies_without_mfa());
    let granting: Vec<_> = allowing.iter().filter(concerning).collect();
    if granting.is_empty() {
        return Trust::NotTrusted {
            trusted: allowing.iter().flat_map(|rule| rule.aws_principals()).collect(),
        };
    }
    let usable: Vec<_> = granting.iter().filter(|rule| !rule.has_condition("sts:ExternalId")).collect();
    if usable.is_empty() {
        return Trust::NeedsExternalId;
    }
    let mfa = if mfa_by_denial || usable.iter().all(|rule| rule.requires_mfa()) {
        Mfa::Required
    } else {
        Mfa::NotRequired
    };
    let mut other_conditions: Vec<String> = usable
        .iter()
        .flat_map(|rule| rule.conditions())
        .map(|(_, key, _)| key.to_owned())
        .filter(|key| !key.to_ascii_lowercase().starts_with("aws:multifactorauth"))
        .collect();
    other_conditions.sort();
    other_conditions.dedup();
    Trust::Granted { mfa, open_to_all: usable.iter().any(|rule| rule.names_everybody()), other_conditions }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: OneOrMany<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    effect: String,
    principal: Option<Value>,
    not_principal: Option<Value>,
    action: Option<OneOrMany<String>>,
    not_action: Option<Value>,
    #[serde(default)]
    condition: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }

    fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }
}

impl Rule {
    /// The AWS principals, as written.
    fn aws_principals(&self) -> Vec<String> {
        match &self.principal {
            Some(Value::String(all)) => vec![all.clone()],
            Some(Value::Object(kinds)) => kinds.get("AWS").map(texts).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn names_everybody(&self) -> bool {
        self.aws_principals().iter().any(|principal| principal == "*")
    }

    /// Whether the account itself, one of its users or roles, or everybody is named.
    fn names(&self, account: &AwsAccountId) -> bool {
        self.aws_principals().iter().any(|principal| {
            principal == "*"
                || principal == account.as_str()
                || matches!(principal.splitn(6, ':').collect::<Vec<_>>()[..],
                    ["arn", _, "iam" | "sts", _, owner, _] if owner == account.as_str())
        })
    }

    /// Operator, key and values of each condition.
    fn conditions(&self) -> impl Iterator<Item = (&str, &str, Vec<String>)> {
        self.condition.iter().flat_map(|(operator, tests)| {
            let tests = tests.as_object().into_iter().flatten();
            tests.map(move |(key, values)| (operator.as_str(), key.as_str(), texts(values)))
        })
    }

    fn has_condition(&self, wanted: &str) -> bool {
        self.conditions().any(|(_, key, _)| key.eq_ignore_ascii_case(wanted))
    }

    fn requires_mfa(&self) -> bool {
        self.conditions().any(|(operator, key, values)| {
            // `BoolIfExists` also lets in those who say nothing about a second factor.
            let present = operator.eq_ignore_ascii_case("Bool")
                && key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent")
                && values == ["true"];
            let recent = operator.to_ascii_lowercase().starts_with("numericlessthan")
                && !operator.to_ascii_lowercase().ends_with("ifexists")
                && key.eq_ignore_ascii_case("aws:MultiFactorAuthAge");
            present || recent
        })
    }

    fn denies_without_mfa(&self) -> bool {
        let mut conditions = self.conditions();
        let only = conditions.next();
        conditions.next().is_none()
            && only.is_some_and(|(operator, key, values)| {
                operator.eq_ignore_ascii_case("BoolIfExists")
                    && key.eq_ignore_ascii_case("aws:MultiFactorAuthPresent")
                    && values == ["false"]
            })
    }
}

/// A text, a truth value or a list of them, as texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(truth) => vec![truth.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn covers_assume_role(pattern: &str) -> bool {
    matches_pattern(pattern.to_ascii_lowercase().as_bytes(), b"sts:assumerole")
}

/// IAM's pattern rules: `*` is any run of characters, `?` is one.
pub(crate) fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, matched)) = star else { return false };
                star = Some((at, matched + 1));
                p = at + 1;
                t = matched + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn operator() -> AwsAccountId {
        "111122223333".parse().unwrap()
    }

    fn read_one(principal: Value, condition: Value) -> Trust {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition }] });
        read(&policy.to_string(), &operator())
    }

    fn granted(mfa: Mfa) -> Trust {
        Trust::Granted { mfa, open_to_all: false, other_conditions: vec![] }
    }

    #[test]
    fn the_policy_berth_hands_out_is_one_it_accepts() {
        let policy = expected_policy(&operator()).to_string();
        assert_eq!(read(&policy, &operator()), granted(Mfa::Required));
    }

    #[rstest]
    #[case(json!({ "AWS": "arn:aws:iam::111122223333:root" }))]
    #[case(json!({ "AWS": "111122223333" }))]
    #[case(json!({ "AWS": ["arn:aws:iam::999999999999:root", "arn:aws:iam::111122223333:user/support"] }))]
    fn the_operator_is_recognised_however_it_is_named(#[case] principal: Value) {
        assert_eq!(read_one(principal, json!({})), granted(Mfa::NotRequired));
    }

    #[rstest]
    #[case(json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), Mfa::Required)]
    #[case(json!({ "Bool": { "aws:multifactorauthpresent": true } }), Mfa::Required)]
    #[case(json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "3600" } }), Mfa::Required)]
    #[case(json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "true" } }), Mfa::NotRequired)]
    #[case(json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } }), Mfa::NotRequired)]
    fn a_second_factor_counts_only_where_it_cannot_be_left_out(#[case] condition: Value, #[case] mfa: Mfa) {
        assert_eq!(read_one(json!({ "AWS": "111122223333" }), condition), granted(mfa));
    }

    #[test]
    fn an_external_id_stands_in_the_way() {
        let condition = json!({ "StringEquals": { "sts:externalid": "x" } });
        assert_eq!(read_one(json!({ "AWS": "111122223333" }), condition), Trust::NeedsExternalId);
    }

    #[test]
    fn another_account_is_named_as_the_one_that_is_trusted() {
        let trust = read_one(json!({ "AWS": "arn:aws:iam::999999999999:root" }), json!({}));
        assert_eq!(trust, Trust::NotTrusted { trusted: vec!["arn:aws:iam::999999999999:root".into()] });
    }

    #[test]
    fn a_service_role_trusts_nobody() {
        let trust = read_one(json!({ "Service": "ec2.amazonaws.com" }), json!({}));
        assert_eq!(trust, Trust::NotTrusted { trusted: vec![] });
    }

    #[test]
    fn a_role_open_to_all_says_so() {
        let Trust::Granted { open_to_all, .. } = read_one(json!("*"), json!({})) else { panic!() };
        assert!(open_to_all);
    }

    #[rstest]
    #[case("", "empty")]
    #[case("{}", "no statement")]
    #[case("[1]", "a list")]
    #[case(r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}}"#, "NotPrincipal")]
    fn what_cannot_be_read_is_said_to_be_unreadable(#[case] policy: &str, #[case] what: &str) {
        assert!(matches!(read(policy, &operator()), Trust::Unreadable(_)), "{what}");
    }

    #[test]
    fn deep_nesting_is_unreadable_and_no_panic() {
        let policy = format!("{{\"Statement\":{}{}}}", "[".repeat(1024), "]".repeat(1024));
        assert!(matches!(read(&policy, &operator()), Trust::Unreadable(_)));
    }

    #[test]
    fn a_denial_wins() {
        let policy = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "sts:*" },
            { "Effect": "Deny", "Principal": "*", "Action": "*" }] });
        assert_eq!(read(&policy.to_string(), &operator()), Trust::Denied);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,400}") {
            let _ = read(&text, &operator());
        }

        #[test]
        fn no_statement_makes_it_panic(
            effect in "Allow|Deny|x", principal in "[a-z:*0-9]{0,40}", operator_name in "[A-Za-z]{0,12}",
            key in "[a-z:A-Z]{0,20}", value in ".{0,20}"
        ) {
            let policy = json!({ "Statement": { "Effect": effect, "Principal": { "AWS": [principal, 7, null] },
                "Action": ["sts:Assume*"], "Condition": { operator_name: { key: [value, false, 3] } } } });
            let _ = read(&policy.to_string(), &operator());
        }
    }
}
