//! `/v1/users`: how a user looks to clients.

pub(crate) mod list;
pub(crate) mod view;

use berth_domain::{
    account::{Need, Role, User},
    ids::{AccountId, UserId},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    document::words,
    links::{Link, Origin},
};

/// A user of an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Its email address.
    #[schema(example = "ops@example.com")]
    email: String,
    /// Its role.
    #[schema(schema_with = roles)]
    role: &'static str,
    /// When it was created.
    sign_up: Timestamp,
    /// How it signs in: `Local` is by a password kept here.
    #[schema(example = "Local")]
    user_type: &'static str,
    /// Whether it has an API key in force.
    has_api_key: bool,
    /// What it is told, and how it signs in.
    options: UserOptions,
    /// Related: the user itself.
    links: Vec<Link>,
}

/// What a user is told, and how it signs in. Berth sends no mail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserOptions {
    /// Whether it sees billing data.
    billing: bool,
    /// Whether alerts are mailed to it.
    email_alerts: bool,
    /// Whether operational news are mailed to it.
    operational_emails: bool,
    /// Whether it signs in with a second factor.
    mfa_enabled: bool,
}

impl UserView {
    fn new(user: User, origin: &Origin) -> Self {
        let options = UserOptions {
            billing: user.role.allows(Need::ReadBilling),
            email_alerts: false,
            operational_emails: false,
            mfa_enabled: false,
        };
        Self {
            id: user.id.0,
            name: user.name.into(),
            email: user.email.into(),
            role: user.role.title(),
            sign_up: user.created_at,
            user_type: "Local",
            has_api_key: user.has_api_key,
            options,
            links: vec![origin.link("self", format_args!("/v1/users/{}", user.id))],
        }
    }

    fn sample() -> Self {
        let user = User {
            id: UserId(1),
            account_id: AccountId(1),
            email: "ops@example.com".parse().expect("an address"),
            name: "Ada Lovelace".parse().expect("a name"),
            role: Role::Owner,
            enabled: true,
            has_api_key: true,
            created_at: Timestamp::from_second(1_767_225_600).expect("2026 is in range"),
        };
        Self::new(user, &Origin::sample())
    }
}

pub(crate) fn roles() -> Object {
    words("Its role.", Role::ALL.map(Role::title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_its_role_in_words() {
        insta::assert_json_snapshot!(UserView::sample(), @r#"
        {
          "id": 1,
          "name": "Ada Lovelace",
          "email": "ops@example.com",
          "role": "Owner",
          "signUp": "2026-01-01T00:00:00Z",
          "userType": "Local",
          "hasApiKey": true,
          "options": {
            "billing": true,
            "emailAlerts": false,
            "operationalEmails": false,
            "mfaEnabled": false
          },
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/users/1",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
