//! Dry runs: AWS says whether it would allow a call. Against AWS only.
//!
//! Simulators of AWS ignore `DryRun` and do what is asked, and there are many ways to send calls to one (the
//! environment, the AWS profile, a URL given here). So what counts is where a request would really go: [`OnlyAws`]
//! looks at that before it is signed, and stops every request that does not go to AWS.

use aws_sdk_ec2::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::{BoxError, ProvideErrorMetadata},
    operation::RequestId,
    types::{ResourceType, Tag, TagSpecification},
};
use berth_cloud::{Answer, Error, trial::DryRun};

use crate::{
    call::{Sent, call, read},
    errors::{Failure, unexpected},
    session::AwsSession,
};

/// An address that no deployment uses: it only has to be a valid network.
const ANY_NETWORK: &str = "10.255.0.0/24";

/// What came of a dry run.
enum Outcome {
    /// AWS would do it; the request's id.
    Allowed(Option<String>),
    /// The request was stopped before it went to something that is not AWS.
    Stopped,
    /// Something did it. AWS never does.
    Done,
}

impl RequestId for Outcome {
    fn request_id(&self) -> Option<&str> {
        match self {
            Self::Allowed(id) => id.as_deref(),
            Self::Stopped | Self::Done => None,
        }
    }
}

/// Asks EC2 whether it would carry out `action`; `None` where that would not be AWS.
pub(crate) async fn run(
    session: &AwsSession,
    action: DryRun,
    tag: (&str, &str),
) -> Result<Option<Answer<()>>, Error> {
    let ec2 = session.trying();
    let tags = |kind| {
        let tag = Tag::builder().key(tag.0).value(tag.1).build();
        TagSpecification::builder().resource_type(kind).tags(tag).build()
    };
    let outcome = match action {
        DryRun::CreateVpc => {
            let request = ec2.create_vpc().cidr_block(ANY_NETWORK).dry_run(true);
            ask(action, request.tag_specifications(tags(ResourceType::Vpc)).send()).await
        }
        DryRun::CreateInternetGateway => {
            let request = ec2.create_internet_gateway().dry_run(true);
            ask(action, request.tag_specifications(tags(ResourceType::InternetGateway)).send()).await
        }
        DryRun::DescribeVpcs => ask(action, ec2.describe_vpcs().dry_run(true).send()).await,
        DryRun::DescribeInstances => ask(action, ec2.describe_instances().dry_run(true).send()).await,
        DryRun::DescribeVolumes => ask(action, ec2.describe_volumes().dry_run(true).send()).await,
        DryRun::DescribeSecurityGroups => {
            ask(action, ec2.describe_security_groups().dry_run(true).send()).await
        }
    };
    match outcome? {
        outcome @ Outcome::Allowed(_) => Ok(Some(read(action.action(), &outcome, ()))),
        Outcome::Stopped => Ok(None),
        Outcome::Done => Err(unexpected(action.action(), None, "a dry run was carried out")),
    }
}

async fn ask<T, E: Failure>(
    action: DryRun,
    answer: impl Future<Output = Sent<T, E>>,
) -> Result<Outcome, Error> {
    call(action.action(), async { judge(answer.await) }).await
}

/// AWS answers a dry run with an error in any case; one of these says that it would have done it.
#[expect(clippy::result_large_err, reason = "the SDK's own error, passed on as it came")]
fn judge<T, E: Failure>(answer: Sent<T, E>) -> Sent<Outcome, E> {
    match answer {
        Ok(_) => Ok(Outcome::Done),
        Err(error) if error.code() == Some("DryRunOperation") => {
            Ok(Outcome::Allowed(error.request_id().map(str::to_owned)))
        }
        Err(error) if was_stopped(&error) => Ok(Outcome::Stopped),
        Err(error) => Err(error),
    }
}

fn was_stopped(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<NotAws>())
}

/// A request that would go to something other than AWS.
#[derive(Debug)]
struct NotAws;

impl std::fmt::Display for NotAws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a dry run goes to AWS or nowhere")
    }
}

impl std::error::Error for NotAws {}

/// Stops every request that does not go to AWS.
#[derive(Debug)]
pub(crate) struct OnlyAws;

impl Intercept for OnlyAws {
    fn name(&self) -> &'static str {
        "OnlyAws"
    }

    fn read_before_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_aws(context.request().uri()) { Ok(()) } else { Err(NotAws.into()) }
    }
}

/// Whether a URL is one of AWS's own. Sources: AWS General Reference, "AWS service endpoints"; the endpoint rules of
/// the SDK for the domains of each partition.
fn is_aws(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("https://ec2.eu-west-1.amazonaws.com/", true)]
    #[case::fips("https://ec2-fips.us-east-1.amazonaws.com", true)]
    #[case::dual_stack("https://ec2.eu-west-1.api.aws/", true)]
    #[case::unencrypted("http://ec2.eu-west-1.amazonaws.com/", false)]
    #[case::simulator("http://127.0.0.1:5000/", false)]
    #[case::localstack("https://localhost.localstack.cloud:4566/", false)]
    #[case::longer("https://ec2.amazonaws.com.example.org/", false)]
    #[case::in_the_path("https://example.org/.amazonaws.com", false)]
    #[case::as_a_user("https://ec2.amazonaws.com@example.org/", false)]
    #[case::at_a_port("https://ec2.amazonaws.com:8443/", false)]
    #[case::lookalike("https://ec2.eu-west-1.myamazonaws.com/", false)]
    fn only_awss_own_addresses_are_aws(#[case] url: &str, #[case] aws: bool) {
        assert_eq!(is_aws(url), aws);
    }
}
