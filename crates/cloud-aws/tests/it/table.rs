//! The permission table and the calls that are made. That none is made that it doesn't have, every session sees to.

use std::collections::BTreeSet;

use berth_domain::permissions::{Grantee, TABLE};

use crate::{
    calls, ec2, policies,
    server::{called, session},
};

#[tokio::test]
async fn every_action_of_the_permission_table_is_called() {
    // AWS asks for these when something is created with tags, or with a role.
    let implied = ["ec2:CreateTags", "iam:PassRole"];
    let mut all = ec2::calls::everything().await;
    all.extend(calls::everything().await.1);
    for whose in [Grantee::User("berth-user".into()), Grantee::Role("berth-access".into())] {
        let aws = policies::prepared().await;
        session(&aws.uri()).await.policies(&whose).await.unwrap();
        all.extend(called(&aws).await);
    }

    // The operator's own call: it stands in no customer's policy.
    assert!(all.remove("sts:AssumeRole"));
    all.extend(implied.map(str::to_owned));
    let table: BTreeSet<String> = TABLE.iter().map(|row| row.action.to_owned()).collect();
    assert_eq!(all, table);
}
