//! An AWS account in a region, open through each of the cloud accounts that something is built with there.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
};

use berth_cloud::{Advice, Error as CloudError, ec2::Ec2};
use berth_domain::ids::{AccountId, CloudAccountId};

use crate::{Control, Error};

/// The EC2 clients of one AWS account in one region: one for each cloud account, with its credentials.
pub(super) struct Clients(BTreeMap<CloudAccountId, Arc<dyn Ec2>>);

/// What AWS answered each of the cloud accounts, none of which it gave an answer; empty without cloud accounts.
pub(super) struct Refusals(BTreeMap<CloudAccountId, CloudError>);

impl Clients {
    /// Opens the region for these cloud accounts of an account; those that are not there any more are left out.
    pub(super) async fn open(
        control: &Control,
        account: AccountId,
        cloud_accounts: BTreeSet<CloudAccountId>,
        region: &str,
        purpose: &'static str,
    ) -> Result<Self, Error> {
        let mut clients = BTreeMap::new();
        for id in cloud_accounts {
            if let Some(ec2) = control.open_region(account, id, region, purpose).await? {
                clients.insert(id, ec2);
            }
        }
        Ok(Self(clients))
    }

    /// The client with the credentials of a cloud account.
    pub(super) fn of(&self, cloud_account: CloudAccountId) -> Option<&dyn Ec2> {
        self.0.get(&cloud_account).map(AsRef::as_ref)
    }

    /// Asks what is the same whoever asks: once, and again with another cloud account's credentials only where AWS
    /// does not take the first ones. What may pass by itself is not asked again: the limits are the AWS account's.
    pub(super) async fn ask<'a, T, F>(&'a self, question: impl Fn(&'a dyn Ec2) -> F) -> Result<T, Refusals>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let mut refusals = BTreeMap::new();
        for (id, ec2) in &self.0 {
            match question(ec2.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.kind.advice() == Advice::Retry => {
                    refusals.extend(self.0.keys().map(|id| (*id, error.clone())));
                    break;
                }
                Err(error) => {
                    refusals.insert(*id, error);
                }
            }
        }
        Err(Refusals(refusals))
    }
}

impl Refusals {
    /// What AWS answered a cloud account; `None` when it is not there any more.
    pub(super) fn of(&self, cloud_account: CloudAccountId) -> Option<&CloudError> {
        self.0.get(&cloud_account)
    }

    /// What AWS answered the first of them.
    pub(super) fn first(&self) -> Option<&CloudError> {
        self.0.values().next()
    }
}
