//! `GET /v1/payment-methods`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    account::PaymentMethod,
    ids::{AccountId, PaymentMethodId},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, ReadBilling},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
};

/// An account's payment methods.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentMethods {
    /// The account.
    #[schema(example = 1)]
    account_id: i32,
    /// The payment methods, by id.
    payment_methods: Vec<PaymentMethodView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// A payment method the operator keeps on record. Nothing is ever charged.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentMethod)]
pub(crate) struct PaymentMethodView {
    /// Its id.
    #[schema(example = 2)]
    id: i32,
    /// What kind of card.
    #[schema(example = "Visa")]
    r#type: String,
    /// The last digits of its number.
    #[schema(example = 4242, minimum = 0, maximum = 9999)]
    credit_card_ends_with: i32,
    /// Its holder.
    #[schema(example = "Ada Lovelace")]
    name_on_card: String,
    /// Month of expiry.
    #[schema(example = 2, minimum = 1, maximum = 12)]
    expiration_month: i32,
    /// Year of expiry.
    #[schema(example = 2030)]
    expiration_year: i32,
    /// Related: none so far.
    links: Vec<Link>,
}

impl PaymentMethods {
    fn new(account: AccountId, methods: Vec<PaymentMethod>, origin: &Origin) -> Self {
        Self {
            account_id: account.0,
            payment_methods: methods.into_iter().map(PaymentMethodView::from).collect(),
            links: vec![origin.link("self", "/v1/payment-methods")],
        }
    }

    fn sample() -> Self {
        let method = PaymentMethod {
            id: PaymentMethodId(2),
            account_id: AccountId(1),
            kind: "Visa".parse().expect("a name"),
            last4: 4242,
            name_on_card: "Ada Lovelace".parse().expect("a name"),
            expiration_month: 2,
            expiration_year: 2030,
        };
        Self::new(AccountId(1), vec![method], &Origin::sample())
    }
}

impl From<PaymentMethod> for PaymentMethodView {
    fn from(method: PaymentMethod) -> Self {
        Self {
            id: method.id.0,
            r#type: method.kind.into(),
            credit_card_ends_with: method.last4,
            name_on_card: method.name_on_card.into(),
            expiration_month: method.expiration_month,
            expiration_year: method.expiration_year,
            links: Vec::new(),
        }
    }
}

/// List payment methods
///
/// The payment methods the operator keeps on record for the account. Nothing is ever charged.
#[utoipa::path(
    get,
    path = "/v1/payment-methods",
    tag = "Account",
    responses((status = 200, description = "The payment methods.", body = PaymentMethods,
        example = json!(PaymentMethods::sample())))
)]
pub(crate) async fn list_payment_methods(
    caller: Caller<ReadBilling>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<PaymentMethods>, Failure> {
    let methods = api.control.list_payment_methods(&caller.principal).await?;
    Ok(Json(PaymentMethods::new(caller.principal.account_id, methods, &origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_digits_are_a_number_as_clients_read_them() {
        insta::assert_json_snapshot!(PaymentMethods::sample(), @r#"
        {
          "accountId": 1,
          "paymentMethods": [
            {
              "id": 2,
              "type": "Visa",
              "creditCardEndsWith": 4242,
              "nameOnCard": "Ada Lovelace",
              "expirationMonth": 2,
              "expirationYear": 2030,
              "links": []
            }
          ],
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/payment-methods",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
