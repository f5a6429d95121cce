//! Taking steps: what is to be created is written down first, with the attempt's name that is also a tag on it.

use berth_cloud::ErrorKind;
use berth_domain::{
    deployment::{
        DEPLOYMENT_TAG, Kind, NAME_TAG, OPERATION_TAG, Tags,
        action::{Creation, removal},
        blueprint::Key,
        plan::Step,
        record::{Learnt, Record},
        state::Work,
    },
    ids::OperationId,
};

use super::{
    pass::Pass,
    trouble::{self, Failure},
};
use crate::{Error, may_change};

/// What came of the steps of one pass.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many were done.
    pub(super) taken: usize,
    /// The first one that failed, or the one for which credentials stopped working.
    pub(super) failure: Option<Failure>,
}

/// Takes steps one after the other. One that fails does not keep the others back, unless nothing works any more.
pub(super) async fn take(pass: &Pass<'_>, work: &mut Work, steps: &[Step]) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    for step in steps {
        may_change(pass.site.lease())?;
        let result = match step {
            Step::Create { key, creation, together } => create(pass, work, key, creation, together).await?,
            Step::Change { change, .. } => {
                pass.ec2.change(change).await.map_err(|error| (change.action(), error))
            }
            Step::Delete { kind, id, .. } => {
                let action = removal(*kind).unwrap_or("ec2:Delete");
                pass.ec2.delete(*kind, id).await.map_err(|error| (action, error))
            }
        };
        match result {
            Ok(()) => outcome.taken += 1,
            Err((action, error)) => {
                let failure = trouble::of_step(step.key(), action, &error);
                let stop = failure.stops_everything();
                outcome.failure.get_or_insert(failure);
                if stop {
                    break;
                }
            }
        }
    }
    Ok(outcome)
}

type Taken = Result<(), (&'static str, berth_cloud::Error)>;

async fn create(
    pass: &Pass<'_>,
    work: &mut Work,
    key: &Key,
    creation: &Creation,
    together: &[Key],
) -> Result<Taken, Error> {
    let records = intent(pass, work, key, creation, together);
    let tags = records[0].tags.clone();
    let store = &pass.control.0.store;
    store.intend(pass.site, work.deployment.id, records.clone()).await?;
    work.records.retain(|record| records.iter().all(|new| new.key != record.key));
    work.records.extend(records);
    may_change(pass.site.lease())?;
    match pass.ec2.create(creation, &tags).await {
        Ok(id) => {
            pass.note(work, &[Learnt::Found(key.clone(), id)]).await?;
            Ok(Ok(()))
        }
        Err(error) => {
            // What AWS certainly did not do is forgotten; what it may have done is looked for by its tag.
            if !(error.kind.may_have_happened() || error.kind == ErrorKind::AlreadyExists) {
                pass.note(work, &[Learnt::Gone(key.clone())]).await?;
            }
            Ok(Err((creation.action(), error)))
        }
    }
}

/// What is written down before the call. An attempt whose outcome is unknown is repeated under its own name.
fn intent(pass: &Pass<'_>, work: &Work, key: &Key, creation: &Creation, together: &[Key]) -> Vec<Record> {
    let before = work.records.iter().find(|record| record.key == *key);
    let environment = &pass.control.0.environment;
    let operation = before.map_or_else(|| OperationId(environment.uuid()), |before| before.operation);
    let tags = before.map_or_else(|| tags(pass, work, key, operation), |before| before.tags.clone());
    let record = |key: &Key, kind: Kind| Record {
        key: key.clone(),
        kind,
        operation,
        tags: tags.clone(),
        asked_at: environment.now(),
        asked: before.map_or(0, |before| before.asked) + 1,
        aws_id: None,
        in_place: None,
    };
    let with_it = together.iter().map(|key| record(key, Kind::Volume));
    std::iter::once(record(key, creation.kind())).chain(with_it).collect()
}

fn tags(pass: &Pass<'_>, work: &Work, key: &Key, operation: OperationId) -> Tags {
    let (managed, value) = pass.control.0.verifier.settings().profile.tag;
    let customers = work.subscription.terms.pro().map(|terms| terms.order.tags.as_slice());
    let customers = customers.unwrap_or_default().iter().map(|tag| (tag.key.clone(), tag.value.clone()));
    let own = [
        (managed.to_owned(), value.to_owned()),
        (DEPLOYMENT_TAG.to_owned(), work.deployment.id.to_string()),
        (OPERATION_TAG.to_owned(), operation.to_string()),
        (NAME_TAG.to_owned(), name(work, key)),
    ];
    customers.chain(own).collect()
}

/// What the AWS console shows. A tag's value may have letters, digits and some signs: a name of a subscription may
/// have others.
fn name(work: &Work, key: &Key) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || " +-=._:/@".contains(c) { c } else { '_' };
    let name: String = work.subscription.name.as_str().chars().map(allowed).collect();
    format!("berth {name} {key}")
}
