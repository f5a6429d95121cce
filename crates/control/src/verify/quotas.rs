//! Do AWS's quotas leave room for a deployment?

use berth_domain::{
    deployment::draft::{Takes, smallest},
    findings::{Check, Evidence, Finding, Identity},
    permissions::Scope,
};

use super::{Patience, Subject, cannot_tell, silence};

/// The call that tells limits. What is used of them, others tell.
const OPERATION: &str = "servicequotas:GetServiceQuota";

impl Subject<'_> {
    /// Takes a dozen calls, some of them one after the other, and never decides whether an account is sound: whoever
    /// is in a hurry leaves it out.
    pub(super) async fn quotas(&self, identity: &Identity, scope: &Scope) -> Vec<Finding> {
        if self.patience == Patience::None {
            return Vec::new();
        }
        let region = &self.settings.region;
        let ec2 = self.session.ec2(&identity.aws_account_id, region);
        let asked = tokio::time::timeout_at(self.deadline, ec2.quotas()).await;
        let quotas = match asked.unwrap_or_else(|_| Err(silence(OPERATION))) {
            Ok(quotas) => quotas,
            Err(error) => {
                let what = format!("the quotas in {region}");
                return vec![cannot_tell(Check::Quotas, &what, &error, scope).resource(region)];
            }
        };
        let taken = smallest(&quotas);
        let mut findings = Vec::new();
        let short: Vec<_> = taken.iter().filter(|takes| takes.is_short()).map(described).collect();
        if !short.is_empty() {
            let message = format!("There is no room for a deployment in {region}: {}.", short.join("; "));
            findings.push(Finding::warn(Check::Quotas, message).remedy(
                "Before anything is to be built there, ask AWS for more (Service Quotas in the AWS console), or remove \
                 what is not needed.",
            ));
        }
        let unknown: Vec<_> = taken.iter().filter(|takes| takes.free().is_none()).collect();
        if let Some(first) = unknown.first() {
            let of: Vec<_> = unknown.iter().map(|takes| takes.quota.of.as_str()).collect();
            let why = first.quota.unknown_because.as_deref().unwrap_or("AWS does not say");
            let message = format!("Could not check the quota of {}: {why}.", of.join(", "));
            findings.push(
                Finding::unknown_but_dispensable(Check::Quotas, message)
                    .remedy("Nothing was changed. Where there is no room, an order is refused before anything is built."),
            );
        }
        if findings.is_empty() {
            let message = format!("AWS's quotas leave room for a deployment in {region}.");
            findings.push(Finding::pass(Check::Quotas, message));
        }
        let evidence = Evidence { operation: OPERATION.into(), request_id: None };
        let whole =
            |finding: Finding| finding.action(OPERATION).resource(region).evidence(evidence.clone());
        findings.into_iter().map(whole).collect()
    }
}

fn described(takes: &Takes) -> String {
    let Takes { needed, quota } = takes;
    let (limit, used) = (quota.limit.unwrap_or_default(), quota.used.unwrap_or_default());
    let (service, code) = quota.of.code();
    format!("{needed} {} are needed, and {used} of {limit} are used ({service} {code})", quota.of.as_str())
}
