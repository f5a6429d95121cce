//! What verification may know of the AWS accounts that are registered.

use std::sync::Arc;

use async_trait::async_trait;
use berth_domain::{
    ids::{AccountId, CloudAccountId},
    values::AwsAccountId,
};
use berth_store::Store;

use crate::{
    Control,
    verify::{Elsewhere, Registered, Registrations, Unknown, Verifier},
};

/// The registrations as one account may know them.
struct SeenBy {
    store: Store,
    account: AccountId,
    /// The cloud account that is being verified, where it exists.
    current: Option<CloudAccountId>,
}

impl Control {
    /// A verifier that knows what is registered: for a candidate of `account`, or for its cloud account `current`.
    pub(crate) fn verifier_for(&self, account: AccountId, current: Option<CloudAccountId>) -> Verifier {
        let store = self.0.store.clone();
        self.0.verifier.among(Arc::new(SeenBy { store, account, current }))
    }
}

#[async_trait]
impl Registrations for SeenBy {
    async fn of(&self, aws_account: &AwsAccountId) -> Result<Registered, Unknown> {
        let built_in = async {
            match self.current {
                Some(current) => self.store.built_in(self.account, current).await,
                None => Ok(None),
            }
        };
        let (holders, subscriptions, built_in) = tokio::try_join!(
            self.store.holders(aws_account, self.account),
            self.store.subscriptions(self.account),
            built_in
        )
        .map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "registrations cannot be looked at");
            Unknown
        })?;
        let is_current = |id: &CloudAccountId| self.current == Some(*id);
        // One that was registered before somebody else's stays what it is: its key can still be replaced.
        let keeps = holders.here.iter().any(|(id, _)| is_current(id));
        let works_in = subscriptions
            .into_iter()
            .filter(|subscription| subscription.cloud_account_id.is_some_and(|id| is_current(&id)));
        Ok(Registered {
            elsewhere: if holders.others > 0 && !keeps { Elsewhere::Somebody } else { Elsewhere::Nobody },
            here: holders.here.into_iter().filter(|(id, _)| !is_current(id)).collect(),
            built_in,
            regions: works_in.flat_map(|subscription| subscription.regions).collect(),
        })
    }
}
