//! From simulated customers to what Berth works with.

use std::sync::Arc;

use berth_cloud::Cloud;
use berth_cloud_aws::AwsCloud;
use berth_control::verify::{Settings, Verifier};
use berth_domain::{
    cloud_account::Form,
    permissions::{BERTH, Profile, Scope},
    secret::Secret,
};
use serde_json::Value;

use crate::{
    customer::{Customer, CustomerBuilder, OPERATOR_ACCOUNT},
    environment,
    simulator::{Credentials, Simulator},
};

/// The region that tests name.
pub const REGION: &str = "eu-west-1";

/// The policy Berth asks for, from the permission table.
pub fn berth_policy() -> Value {
    serde_json::to_value(Scope::of_profile(&BERTH, None).policy()).expect("a policy serialises")
}

/// A customer with everything Berth asks for.
pub fn berth_customer(simulator: &Simulator) -> CustomerBuilder {
    Customer::builder(simulator).policy(berth_policy())
}

/// What the operator of a Berth under test decided.
pub fn settings(profile: &'static Profile) -> Settings {
    let operator_account = OPERATOR_ACCOUNT.parse().expect("12 digits");
    Settings { operator_account, profile, region: REGION.into() }
}

/// A verifier that calls AWS at `endpoint`.
pub async fn verifier(endpoint: &str) -> Verifier {
    let cloud: Arc<dyn Cloud> = Arc::new(AwsCloud::at(endpoint, REGION).await);
    Verifier::new(cloud, settings(&BERTH), environment::system())
}

/// The form a customer fills in, with other credentials.
pub fn form_with(customer: &Customer, name: &str, key: &Credentials) -> Form {
    Form {
        name: Some(name.into()),
        access_key_id: Some(key.access_key_id.clone()),
        access_secret_key: Some(Secret::new(key.secret_access_key.clone())),
        console_role_name: Some(customer.names.console_role.into()),
        ..Form::default()
    }
}

/// The form a customer fills in.
pub fn form(customer: &Customer, name: &str) -> Form {
    form_with(customer, name, &customer.access_key)
}
