//! Whatever call to AWS fails, and however: in the end all is built once, and removed whole.

use berth_cloud::{ErrorKind, unreliable::Unreliable};

use super::*;

/// Every call that building makes. moto's new subnets give public addresses by themselves, so that
/// ec2:ModifySubnetAttribute is not called; the rules' own tests have it.
const BUILDING: [&str; 13] = [
    "ec2:DescribeInstances",
    "ec2:CreateVpc",
    "ec2:ModifyVpcAttribute",
    "ec2:CreateSubnet",
    "ec2:CreateInternetGateway",
    "ec2:AttachInternetGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateRoute",
    "ec2:AssociateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:ImportKeyPair",
    "ec2:RunInstances",
];
/// Every call that removing makes. Volumes and network interfaces go with their instances.
const REMOVING: [&str; 10] = [
    "ec2:DescribeInstances",
    "ec2:TerminateInstances",
    "ec2:DeleteKeyPair",
    "ec2:DeleteSecurityGroup",
    "ec2:DisassociateRouteTable",
    "ec2:DeleteRouteTable",
    "ec2:DeleteSubnet",
    "ec2:DetachInternetGateway",
    "ec2:DeleteInternetGateway",
    "ec2:DeleteVpc",
];

/// How a call fails.
#[derive(Clone, Debug)]
enum Fault {
    /// Nothing is done.
    Before(ErrorKind),
    /// It is done, and its answer is lost.
    After,
}

impl Fault {
    /// Spoils the next one of each of these calls.
    fn spoil(&self, cloud: &Unreliable, calls: &[&'static str]) {
        for call in calls {
            match self {
                Self::Before(kind) => cloud.fail_next(call, kind.clone()),
                Self::After => cloud.lose_next_answer(call),
            }
        }
    }
}

const NOTHING: &[&str] = &[];

/// Those of the calls that were never made, so that nothing was spoilt.
fn not_made(cloud: &Unreliable, calls: &[&'static str]) -> Vec<&'static str> {
    let made = cloud.calls();
    calls.iter().copied().filter(|call| !made.contains(call)).collect()
}

#[rstest]
#[case::an_error_before(Fault::Before(ErrorKind::Unexpected))]
#[case::an_error_after(Fault::After)]
#[case::a_timeout(Fault::Before(ErrorKind::Unreachable))]
#[case::throttling(Fault::Before(ErrorKind::Throttled))]
#[tokio::test(flavor = "multi_thread")]
async fn each_call_may_fail_and_all_is_built_once_and_removed_whole(#[case] fault: Fault) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let (app, cloud) = TestApp::start_unreliable(Backend::Sqlite, &simulator).await;
    let cloud_account = app.owner.register(&customer, "production").await;
    fault.spoil(&cloud, &BUILDING);
    let id = planned(&app.owner, order(cloud_account, &one_zone())).await;
    built(&app.owner, id).await;
    assert_eq!(not_made(&cloud, &BUILDING), NOTHING);
    assert_eq!(View::of(&customer, REGION).await.counts(), ONE_ZONE.into());
    assert_eq!(drift(&app.owner, id).await, json!([]));

    fault.spoil(&cloud, &REMOVING);
    deleted(&app.owner, id).await;
    assert_eq!((not_made(&cloud, &REMOVING), cloud.faults_left()), (NOTHING.to_vec(), 0));
    assert_eq!(View::of(&customer, REGION).await.things, []);
}
