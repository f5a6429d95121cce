//! Scratch databases: a migrated SQLite file or PostgreSQL database per test. See [`berth_store::testing`].

use berth_domain::{
    access::AccessId,
    cloud_account::{CloudAccount, Status},
    health::Health,
    ids::{AccountId, CloudAccountId},
};
pub use berth_store::testing::{Backend, TestDatabase};
use berth_store::{SealedSecrets, Store, testing::insert_cloud_accounts};

use crate::environment;

/// The cloud account of [`insert_cloud_account`].
pub const CLOUD_ACCOUNT: CloudAccountId = CloudAccountId(101);

/// Inserts a cloud account of an AWS account that is in no simulator.
pub async fn insert_cloud_account(store: &Store, account_id: AccountId) {
    let at = environment::system().now();
    let account = CloudAccount {
        id: CLOUD_ACCOUNT,
        account_id,
        name: "production".parse().expect("a name"),
        status: Status::Active,
        health: Health::Working,
        access: AccessId::Key("AKIAIOSFODNN7EXAMPLE".parse().expect("a key's id")),
        aws_account_id: "444455556666".parse().expect("12 digits"),
        principal_arn: "arn:aws:iam::444455556666:user/berth-user".parse().expect("an ARN"),
        console_role: Some("berth-console".parse().expect("a role's name")),
        console_role_arn: Some("arn:aws:iam::444455556666:role/berth-console".parse().expect("an ARN")),
        console_username: None,
        sign_in_url: "https://444455556666.signin.aws.amazon.com/console".parse().expect("a URL"),
        created_at: at,
        updated_at: at,
        verified_at: at,
    };
    let secrets = SealedSecrets { secret_key: Some(vec![1]), console_password: None };
    insert_cloud_accounts(store, [(account, secrets)]).await;
}
