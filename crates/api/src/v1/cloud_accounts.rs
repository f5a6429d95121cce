//! `/v1/cloud-accounts`: how a cloud account looks to clients, and the one that is always there.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod request;
pub(crate) mod update;
pub(crate) mod view;

use berth_domain::{
    access::{AccessId, AccessMode},
    cloud_account::{CloudAccount, Status},
    health::Health,
    ids::{AccountId, CloudAccountId},
    task::ErrorType,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    document::words,
    failure::Failure,
    links::{Link, Origin},
};

/// A registered AWS account. Its secrets are never shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CloudAccount)]
pub(crate) struct CloudAccountView {
    /// Its id. 1 is the operator's own AWS account ("internal resources"): it has an id, a name, a provider
    /// and a status only.
    #[schema(example = 101)]
    id: i32,
    /// Its name, unique in the account.
    #[schema(example = "production")]
    name: String,
    /// Its provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// Its state.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// How Berth gets in: by an access key (`keys`) or by a role that it assumes (`role`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = access_modes)]
    access_mode: Option<&'static str>,
    /// The id of its access key, in mode `keys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AKIAIOSFODNN7EXAMPLE", nullable = false)]
    access_key_id: Option<String>,
    /// The role that Berth assumes, in mode `role`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "arn:aws:iam::123456789012:role/berth-access", nullable = false)]
    role_arn: Option<String>,
    /// What Berth names when it assumes the role, in mode `role`. No secret: the role's trust policy says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA", nullable = false)]
    external_id: Option<String>,
    /// Where to sign in to its AWS console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://123456789012.signin.aws.amazon.com/console", nullable = false)]
    sign_in_login_url: Option<String>,
    /// The AWS account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123456789012", nullable = false)]
    aws_account_id: Option<String>,
    /// The IAM user that owns the access key, or the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "arn:aws:iam::123456789012:user/berth-user", nullable = false)]
    aws_user_arn: Option<String>,
    /// The role through which support staff get into its AWS console, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "arn:aws:iam::123456789012:role/berth-console", nullable = false)]
    aws_console_role_arn: Option<String>,
    /// That role's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "berth-console", nullable = false)]
    console_role_name: Option<String>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    created_timestamp: Option<Timestamp>,
    /// When its access was last verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_verified_timestamp: Option<Timestamp>,
    /// Related: the cloud account itself.
    links: Vec<Link>,
}

impl CloudAccountView {
    fn new(account: CloudAccount, origin: &Origin) -> Self {
        let role = account.access.role();
        Self {
            id: account.id.0,
            name: account.name.into(),
            provider: "AWS",
            status: account.status.as_str(),
            access_mode: Some(account.access.mode().as_str()),
            access_key_id: account.access.key().map(ToString::to_string),
            role_arn: role.map(|role| role.arn.to_string()),
            external_id: role.map(|role| role.external_id.to_string()),
            sign_in_login_url: Some(account.sign_in_url.into()),
            aws_account_id: Some(account.aws_account_id.into()),
            aws_user_arn: Some(account.principal_arn.as_str().to_owned()),
            aws_console_role_arn: account.console_role_arn.map(|arn| arn.as_str().to_owned()),
            console_role_name: account.console_role.map(String::from),
            created_timestamp: Some(account.created_at),
            last_verified_timestamp: Some(account.verified_at),
            links: vec![link_to(account.id, origin)],
        }
    }

    /// The operator's own AWS account, which every account has as its number 1.
    fn internal(origin: &Origin) -> Self {
        Self {
            id: CloudAccountId::INTERNAL.0,
            name: "Internal resources".to_owned(),
            provider: "AWS",
            status: Status::Active.as_str(),
            access_mode: None,
            access_key_id: None,
            role_arn: None,
            external_id: None,
            sign_in_login_url: None,
            aws_account_id: None,
            aws_user_arn: None,
            aws_console_role_arn: None,
            console_role_name: None,
            created_timestamp: None,
            last_verified_timestamp: None,
            links: vec![link_to(CloudAccountId::INTERNAL, origin)],
        }
    }

    fn sample() -> Self {
        let at = Timestamp::from_second(1_767_225_600).expect("2026 is in range");
        let account = CloudAccount {
            id: CloudAccountId(101),
            account_id: AccountId(1),
            name: "production".parse().expect("a name"),
            status: Status::Active,
            health: Health::Working,
            access: AccessId::Key("AKIAIOSFODNN7EXAMPLE".parse().expect("an access key id")),
            aws_account_id: "123456789012".parse().expect("an account id"),
            principal_arn: "arn:aws:iam::123456789012:user/berth-user".parse().expect("an ARN"),
            console_role: Some("berth-console".parse().expect("a role name")),
            console_role_arn: "arn:aws:iam::123456789012:role/berth-console".parse().ok(),
            console_username: None,
            sign_in_url: "https://123456789012.signin.aws.amazon.com/console".parse().expect("a URL"),
            created_at: at,
            updated_at: at,
            verified_at: at,
        };
        Self::new(account, &Origin::sample())
    }
}

fn link_to(id: CloudAccountId, origin: &Origin) -> Link {
    origin.link("self", format_args!("/v1/cloud-accounts/{id}"))
}

/// Refuses to change the operator's own AWS account.
fn refuse_internal(id: CloudAccountId) -> Result<(), Failure> {
    if id != CloudAccountId::INTERNAL {
        return Ok(());
    }
    Err(Failure::new(
        ErrorType::Forbidden,
        "Cloud account 1 is the operator's own (internal resources): it cannot be changed or removed here.",
    ))
}

pub(crate) fn access_modes() -> Object {
    words(
        "How Berth gets in: by an access key, or by a role that it assumes.",
        AccessMode::ALL.map(AccessMode::as_str),
    )
}

pub(crate) fn statuses() -> Object {
    let all = [Status::Active, Status::ChangeDraft, Status::DeleteDraft, Status::ActiveError];
    words(
        "Its state: usable, usable while a change is being verified, being removed, or its access stopped \
             working.",
        all.map(Status::as_str),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_account_shows_everything_but_its_secrets() {
        insta::assert_json_snapshot!(CloudAccountView::sample(), @r#"
        {
          "id": 101,
          "name": "production",
          "provider": "AWS",
          "status": "active",
          "accessMode": "keys",
          "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
          "signInLoginUrl": "https://123456789012.signin.aws.amazon.com/console",
          "awsAccountId": "123456789012",
          "awsUserArn": "arn:aws:iam::123456789012:user/berth-user",
          "awsConsoleRoleArn": "arn:aws:iam::123456789012:role/berth-console",
          "consoleRoleName": "berth-console",
          "createdTimestamp": "2026-01-01T00:00:00Z",
          "lastVerifiedTimestamp": "2026-01-01T00:00:00Z",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/cloud-accounts/101",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn the_internal_account_has_no_access_key() {
        insta::assert_json_snapshot!(CloudAccountView::internal(&Origin::sample()), @r#"
        {
          "id": 1,
          "name": "Internal resources",
          "provider": "AWS",
          "status": "active",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/cloud-accounts/1",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn only_the_internal_account_cannot_be_changed() {
        assert!(refuse_internal(CloudAccountId::INTERNAL).is_err());
        assert!(refuse_internal(CloudAccountId(2)).is_ok());
    }
}
