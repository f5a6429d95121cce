//! Is the same AWS account registered already: here, or by somebody else?

use async_trait::async_trait;
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    ids::CloudAccountId,
    values::{AwsAccountId, CloudAccountName},
};

use super::Subject;

/// Who knows which AWS accounts are registered. Verification itself knows no database.
#[async_trait]
pub trait Registrations: Send + Sync {
    /// What is registered of an AWS account, besides the cloud account that is being verified.
    async fn of(&self, account: &AwsAccountId) -> Result<Registered, Unknown>;
}

/// The registrations cannot be looked at now; whoever said so has logged why.
#[derive(Clone, Copy, Debug)]
pub struct Unknown;

/// What is registered of an AWS account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// In the same account of Berth.
    pub here: Vec<(CloudAccountId, CloudAccountName)>,
    /// In other accounts of this Berth; whose stays untold.
    pub elsewhere: Elsewhere,
    /// The AWS account in which Berth has built with the cloud account that is being verified.
    pub built_in: Option<AwsAccountId>,
    /// The regions in which Berth works with the cloud account that is being verified.
    pub regions: Vec<String>,
}

/// Whether another account of this Berth has registered an AWS account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Elsewhere {
    /// None has.
    #[default]
    Nobody,
    /// One has.
    Somebody,
}

/// What is known of the registrations.
pub(super) enum Known {
    /// Nobody was asked.
    NotAsked,
    /// Nobody could tell.
    Nothing,
    /// This.
    All(Registered),
}

impl Subject<'_> {
    pub(super) async fn registered(&self, identity: &Identity) -> Known {
        match self.registrations {
            None => Known::NotAsked,
            Some(registrations) => {
                registrations.of(&identity.aws_account_id).await.map_or(Known::Nothing, Known::All)
            }
        }
    }
}

impl Known {
    /// Whether Berth may be working in a region. Where that is not known, it may.
    pub(super) fn in_use(&self, region: &str) -> bool {
        match self {
            Self::NotAsked | Self::Nothing => true,
            Self::All(registered) => registered.regions.iter().any(|used| used == region),
        }
    }

    /// What is to be said of it, of the field that gives access. Rests on no call to AWS.
    pub(super) fn findings(&self, account: &AwsAccountId, access: Field) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Self::All(Registered { built_in: Some(built_in), .. }) = self
            && built_in != account
        {
            findings.push(
                Finding::fail(
                    Check::Credentials,
                    format!(
                        "They are of AWS account {account}, but subscriptions of this cloud account are built in AWS account {built_in}."
                    ),
                )
                .remedy(format!(
                    "Enter credentials of AWS account {built_in}. To use AWS account {account} too, add it as another cloud account."
                )),
            );
        }
        findings.push(match self {
            Self::NotAsked => return findings,
            Self::Nothing => Finding::unknown_but_dispensable(
                Check::Registration,
                format!("Could not check whether AWS account {account} is registered already: Berth's database did not answer."),
            )
            .remedy("Nothing was changed. It is checked again before anything is saved."),
            Self::All(registered) if registered.elsewhere == Elsewhere::Somebody => {
                Finding::fail(
                    Check::Registration,
                    format!("AWS account {account} is registered already in another account of this Berth."),
                )
                .remedy("Use an AWS account of your own. If this one is yours, ask Berth's operator, who can see where it is registered.")
            }
            Self::All(registered) if !registered.here.is_empty() => {
                let names: Vec<_> =
                    registered.here.iter().map(|(id, name)| format!("{name} ({id})")).collect();
                Finding::warn(
                    Check::Registration,
                    format!("AWS account {account} is registered already: {}.", names.join(", ")),
                )
                .remedy("Use that cloud account, unless you want two: they share the AWS account's quotas and limits.")
            }
            Self::All(_) => Finding::pass(
                Check::Registration,
                format!("AWS account {account} is not registered otherwise."),
            ),
        });
        findings.into_iter().map(|finding| finding.on(access).resource(account.as_str())).collect()
    }
}
