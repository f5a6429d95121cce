//! `berth payment-method`: how customers pay, as the operator records it. Nothing is ever charged.

use std::process::ExitCode;

use berth_control::operator::NewPaymentMethod;
use berth_domain::{
    account::PaymentMethod,
    ids::{AccountId, PaymentMethodId},
    values::DisplayName,
};
use clap::Subcommand;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage the payment methods on record for an account. Nothing is ever charged.
#[derive(Subcommand)]
pub(crate) enum PaymentMethodCommand {
    /// Record a payment method.
    #[command(after_help = "\
Example:
  berth payment-method add --account-id 1 --type Visa --last4 4242 --name-on-card 'Eve Ops' --expires 12/2030")]
    Add {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// What kind of card, such as Visa.
        #[arg(long = "type", value_name = "TYPE")]
        kind: DisplayName,
        /// The last four digits.
        #[arg(long, value_name = "DIGITS", value_parser = last4)]
        last4: i32,
        /// The holder's name.
        #[arg(long, value_name = "NAME")]
        name_on_card: DisplayName,
        /// Month and year of expiry.
        #[arg(long, value_name = "MM/YYYY", value_parser = expiry)]
        expires: Expiry,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the payment methods.
    #[command(after_help = "\
Example:
  berth payment-method list --account-id 1")]
    List {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a payment method.
    #[command(after_help = "\
Example:
  berth payment-method remove --account-id 1 --id 3")]
    Remove {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The payment method's id, as `berth payment-method list` shows it.
        #[arg(long)]
        id: PaymentMethodId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

/// When a card expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiry {
    month: i32,
    year: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: PaymentMethodId,
    #[serde(rename = "type")]
    kind: &'a DisplayName,
    last4: i32,
    name_on_card: &'a DisplayName,
    expiration_month: i32,
    expiration_year: i32,
}

impl<'a> Shown<'a> {
    fn new(method: &'a PaymentMethod) -> Self {
        Self {
            id: method.id,
            kind: &method.kind,
            last4: method.last4,
            name_on_card: &method.name_on_card,
            expiration_month: method.expiration_month,
            expiration_year: method.expiration_year,
        }
    }
}

impl PaymentMethodCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            match self {
                Self::Add { account_id, kind, last4, name_on_card, expires, json } => {
                    let new = NewPaymentMethod {
                        kind,
                        last4,
                        name_on_card,
                        expiration_month: expires.month,
                        expiration_year: expires.year,
                    };
                    let method = operator.add_payment_method(account_id, new).await?;
                    output::either(json, &Shown::new(&method), || {
                        format!("Payment method {} is on record.", method.id)
                    })?;
                }
                Self::List { account_id, json } => {
                    let methods = operator.payment_methods(account_id).await?;
                    output::either(json, &methods.iter().map(Shown::new).collect::<Vec<_>>(), || {
                        table(&methods)
                    })?;
                }
                Self::Remove { account_id, id, json } => {
                    let method = operator.remove_payment_method(account_id, id).await?;
                    output::either(json, &Shown::new(&method), || {
                        format!("Payment method {id} is removed.")
                    })?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn last4(text: &str) -> Result<i32, &'static str> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or("must be four digits")
}

fn expiry(text: &str) -> Result<Expiry, &'static str> {
    let read = || {
        let (month, year) = text.split_once('/')?;
        let expiry = Expiry { month: month.parse().ok()?, year: year.parse().ok()? };
        ((1..=12).contains(&expiry.month) && (1000..=9999).contains(&expiry.year)).then_some(expiry)
    };
    read().ok_or("must be a month and a year, such as 12/2030")
}

fn table(methods: &[PaymentMethod]) -> String {
    let rows: Vec<_> = methods
        .iter()
        .map(|method| {
            [
                method.id.to_string(),
                method.kind.to_string(),
                format!("{:04}", method.last4),
                method.name_on_card.to_string(),
                format!("{:02}/{}", method.expiration_month, method.expiration_year),
            ]
        })
        .collect();
    output::table(["ID", "TYPE", "LAST 4", "NAME ON CARD", "EXPIRES"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_card_is_refused() {
        assert_eq!(last4("0042"), Ok(42));
        assert_eq!(expiry("02/2031"), Ok(Expiry { month: 2, year: 2031 }));
        for text in ["42", "42424", "-042", "abcd"] {
            assert!(last4(text).is_err(), "{text}");
        }
        for text in ["13/2030", "0/2030", "12/30", "2030"] {
            assert!(expiry(text).is_err(), "{text}");
        }
    }
}
