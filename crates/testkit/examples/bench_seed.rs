//! Fills an initialised database for `make bench`: `bench_seed DATABASE_URL ACCOUNT_ID FIRST_ID COUNT`.

use berth_domain::{
    access::AccessId,
    cloud_account::{CloudAccount, Status},
    health::Health,
    ids::{AccountId, CloudAccountId},
    values::SignInUrl,
};
use berth_store::{SealedSecrets, Store, testing::insert_cloud_accounts};
use jiff::Timestamp;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, account, first, count] = &arguments[..] else {
        panic!("usage: bench_seed DATABASE_URL ACCOUNT_ID FIRST_ID COUNT");
    };
    let store = Store::connect(url).await.expect("the database answers");
    let account = account.parse().expect("an account id");
    let (first, count): (i32, i32) = (first.parse().expect("an id"), count.parse().expect("a count"));
    let rows = (first..first + count).map(|id| cloud_account(account, id));
    insert_cloud_accounts(&store, rows).await;
}

fn cloud_account(account_id: AccountId, id: i32) -> (CloudAccount, SealedSecrets) {
    let aws_account_id = format!("{id:012}").parse().expect("12 digits");
    let arn = |what: &str| format!("arn:aws:iam::{id:012}:{what}").parse().expect("an ARN");
    let account = CloudAccount {
        id: CloudAccountId(id),
        account_id,
        name: format!("account-{id}").parse().expect("a name"),
        status: Status::Active,
        health: Health::Working,
        access: AccessId::Key(format!("AKIA{id:016}").parse().expect("a key id")),
        principal_arn: arn("user/berth-user"),
        console_role: Some("berth-console".parse().expect("a role name")),
        console_role_arn: Some(arn("role/berth-console")),
        console_username: None,
        sign_in_url: SignInUrl::of_account(&aws_account_id),
        aws_account_id,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        verified_at: Timestamp::UNIX_EPOCH,
    };
    // As long as a real one.
    (account, SealedSecrets { secret_key: Some(vec![0; 180]), console_password: None })
}
