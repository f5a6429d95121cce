//! Can the region be reached that Berth works in, and is it switched on?

use berth_cloud::RegionState;
use berth_domain::{
    findings::{Check, Finding, Identity},
    permissions::Scope,
};

use super::{Subject, cannot_tell, never};

impl Subject<'_> {
    pub(super) async fn region(&self, identity: &Identity, scope: &Scope) -> Vec<Finding> {
        let region = &self.settings.region;
        let finding = match self.ask("ec2:DescribeRegions", never, || self.session.region_state()).await {
            Ok(answer) => match answer.value {
                RegionState::On => {
                    Finding::pass(Check::Region, format!("The region {region} answers and is switched on."))
                }
                RegionState::Off => Finding::fail(
                    Check::Region,
                    format!("The region {region} is not switched on in AWS account {}.", identity.aws_account_id),
                )
                .remedy(format!(
                    "Switch it on under Account > AWS Regions in the AWS console, which takes some minutes; or ask Berth's operator to work in another region than {region}."
                )),
                RegionState::Missing => Finding::unknown_but_dispensable(
                    Check::Region,
                    format!("Could not check the region {region}: AWS does not list it."),
                )
                .remedy("Berth's operator can check the region that Berth is set to."),
            }
            .evidence(&answer),
            Err(error) => cannot_tell(Check::Region, &format!("the region {region}"), &error, scope),
        };
        vec![finding.resource(region)]
    }
}
