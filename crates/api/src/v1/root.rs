//! `GET /v1`

use std::{net::IpAddr, sync::Arc};

use axum::{Json, extract::State};
use berth_control::records::Whoami;
use berth_domain::{
    account::{Account, ApiKey, Contract, Role, User},
    ids::{AccountId, ApiKeyId, UserId},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
};

/// The account behind a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Root {
    /// The account.
    account: AccountView,
    /// Related: this answer itself.
    links: Vec<Link>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Example Ltd")]
    name: String,
    /// When it was created.
    created_timestamp: Timestamp,
    /// When it was last changed.
    updated_timestamp: Timestamp,
    /// The API key the request was made with.
    key: KeyView,
}

/// The API key a request was made with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    /// Its name.
    #[schema(example = "ci-pipeline")]
    name: String,
    /// The account's id.
    account_id: i32,
    /// The account's name.
    account_name: String,
    /// From where it may be used, in CIDR notation.
    allowed_source_ips: Vec<String>,
    /// When it was created.
    created_timestamp: Timestamp,
    /// Whose it is.
    owner: OwnerView,
    /// The owner's id.
    user_account_id: i32,
    /// Where this request came from.
    #[schema(value_type = String, example = "192.0.2.1")]
    http_source_ip: IpAddr,
}

/// Whose an API key is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyOwner)]
pub(crate) struct OwnerView {
    /// The user's name.
    name: String,
    /// The user's email address.
    email: String,
}

impl Root {
    fn new(whoami: Whoami, address: IpAddr, origin: &Origin) -> Self {
        let Whoami { account, user, api_key } = whoami;
        let allowed = match api_key.allowed_sources.as_slice() {
            // Anywhere, in the words the clients know.
            [] => vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()],
            networks => networks.iter().map(ToString::to_string).collect(),
        };
        let key = KeyView {
            name: api_key.name.into(),
            account_id: account.id.0,
            account_name: account.name.to_string(),
            allowed_source_ips: allowed,
            created_timestamp: api_key.created_at,
            owner: OwnerView { name: user.name.into(), email: user.email.into() },
            user_account_id: user.id.0,
            http_source_ip: address,
        };
        let account = AccountView {
            id: account.id.0,
            name: account.name.into(),
            created_timestamp: account.created_at,
            updated_timestamp: account.updated_at,
            key,
        };
        Self { account, links: vec![origin.link("self", "/v1")] }
    }

    fn sample() -> Self {
        let at = Timestamp::from_second(1_767_225_600).expect("2026 is in range");
        let account = Account {
            id: AccountId(1),
            name: "Example Ltd".parse().expect("a name"),
            account_key: String::new(),
            contract: Contract::None,
            created_at: at,
            updated_at: at,
        };
        let user = User {
            id: UserId(1),
            account_id: AccountId(1),
            email: "ops@example.com".parse().expect("an address"),
            name: "Ada Lovelace".parse().expect("a name"),
            role: Role::Owner,
            enabled: true,
            has_api_key: true,
            created_at: at,
        };
        let api_key = ApiKey {
            id: ApiKeyId(1),
            user_id: UserId(1),
            name: "ci-pipeline".parse().expect("a name"),
            allowed_sources: vec!["192.0.2.0/24".parse().expect("a network")],
            created_at: at,
            revoked_at: None,
            last_used_at: None,
        };
        Self::new(Whoami { account, user, api_key }, [192, 0, 2, 1].into(), &Origin::sample())
    }
}

/// View the account
///
/// The account behind the request, with the API key that was used.
#[utoipa::path(
    get,
    path = "/v1",
    tag = "Account",
    responses((status = 200, description = "The account.", body = Root, example = json!(Root::sample())))
)]
pub(crate) async fn view_root(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<Root>, Failure> {
    let whoami = api.control.whoami(&caller.principal).await?;
    Ok(Json(Root::new(whoami, caller.address, &origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_comes_with_the_key_that_was_used() {
        insta::assert_json_snapshot!(Root::sample(), @r#"
        {
          "account": {
            "id": 1,
            "name": "Example Ltd",
            "createdTimestamp": "2026-01-01T00:00:00Z",
            "updatedTimestamp": "2026-01-01T00:00:00Z",
            "key": {
              "name": "ci-pipeline",
              "accountId": 1,
              "accountName": "Example Ltd",
              "allowedSourceIps": [
                "192.0.2.0/24"
              ],
              "createdTimestamp": "2026-01-01T00:00:00Z",
              "owner": {
                "name": "Ada Lovelace",
                "email": "ops@example.com"
              },
              "userAccountId": 1,
              "httpSourceIp": "192.0.2.1"
            }
          },
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
