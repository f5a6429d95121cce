//! What Berth has written down about the resources of a deployment, and what the inventory adds to it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AwsId, Kind, OPERATION_TAG, Tags,
    blueprint::{Key, Ref, Spec},
    inventory::{InstanceState, Inventory},
};
use crate::ids::OperationId;

/// A resource on record. Written before the call that creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is called in the deployment.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// The attempt to create it, which is a tag on it too.
    pub operation: OperationId,
    /// The tags it was created with.
    pub tags: Tags,
    /// When AWS was last asked to create it.
    pub asked_at: Timestamp,
    /// How often AWS was asked, always by the same attempt's name: more than once only when an answer was lost.
    pub asked: u32,
    /// Its id in AWS; `None` as long as the answer is unknown.
    pub aws_id: Option<AwsId>,
    /// What it was like when it was last seen as it should be; `None` until then.
    pub in_place: Option<Spec>,
}

/// Something the inventory shows about a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learnt {
    /// What the attempt made was found.
    Found(Key, AwsId),
    /// It is as it should be.
    InPlace(Key, Box<Spec>),
    /// It is not there, and will not come any more.
    Gone(Key),
}

/// How long after a create call AWS may still not show what it made. Until then, not to be seen is no proof.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// Now.
    pub now: Timestamp,
    /// How long.
    pub time: SignedDuration,
}

impl Settling {
    /// Whether what is not to be seen of this record by now is not there.
    pub fn is_over_for(&self, record: &Record) -> bool {
        self.now.duration_since(record.asked_at) >= self.time
    }
}

/// The records of a deployment, to look ids up in.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a>(pub &'a [Record]);

impl<'a> Records<'a> {
    /// The record of that key.
    pub fn get(self, key: &Key) -> Option<&'a Record> {
        self.0.iter().find(|record| record.key == *key)
    }

    /// The id of that resource, when it is known.
    pub fn id(self, key: &Key) -> Option<&'a AwsId> {
        self.get(key)?.aws_id.as_ref()
    }

    /// The id of what is referred to, when it is known.
    pub fn resolve(self, to: &'a Ref) -> Option<&'a AwsId> {
        match to {
            Ref::Own(key) => self.id(key),
            Ref::Customers(id) => Some(id),
        }
    }

    /// Every id on record.
    pub fn ids(self) -> BTreeSet<&'a AwsId> {
        self.0.iter().filter_map(|record| record.aws_id.as_ref()).collect()
    }

    /// The record of the attempt that tags name.
    pub fn of(self, tags: &Tags) -> Option<&'a Record> {
        let operation = tags.get(OPERATION_TAG)?;
        self.0.iter().find(|record| record.operation.to_string() == *operation)
    }
}

/// The id of what the attempt of this record made, when the inventory shows it: by its tag. A volume shares its
/// attempt with its instance and its other volumes: the device that `spec` says tells them apart.
pub(super) fn find(
    record: &Record,
    spec: Option<&Spec>,
    records: Records<'_>,
    inventory: &Inventory,
) -> Option<AwsId> {
    if let Some(Spec::Volume { instance, volume }) = spec {
        let instance = inventory.instance(records.id(instance)?)?;
        return instance.volumes.as_ref()?.get(&volume.device).cloned();
    }
    let operation = record.operation.to_string();
    let recorded = records.ids();
    inventory
        .tagged(record.kind)
        .filter(|(id, tags)| tags.get(OPERATION_TAG) == Some(&operation) && !recorded.contains(id))
        .map(|(id, _)| id.clone())
        .min()
}

impl Inventory {
    /// Ids and tags of everything of a kind; instances that are terminated are not there any more.
    pub fn tagged(&self, kind: Kind) -> Box<dyn Iterator<Item = (&AwsId, &Tags)> + '_> {
        match kind {
            Kind::Vpc => Box::new(self.vpcs.iter().map(|it| (&it.id, &it.tags))),
            Kind::Subnet => Box::new(self.subnets.iter().map(|it| (&it.id, &it.tags))),
            Kind::InternetGateway => Box::new(self.gateways.iter().map(|it| (&it.id, &it.tags))),
            Kind::RouteTable => Box::new(self.route_tables.iter().map(|it| (&it.id, &it.tags))),
            Kind::SecurityGroup => Box::new(self.groups.iter().map(|it| (&it.id, &it.tags))),
            Kind::KeyPair => Box::new(self.key_pairs.iter().map(|it| (&it.id, &it.tags))),
            Kind::Instance => {
                let alive = self.instances.iter().filter(|it| it.state != InstanceState::Terminated);
                Box::new(alive.map(|it| (&it.id, &it.tags)))
            }
            Kind::Volume => Box::new(self.volumes.iter().map(|it| (&it.id, &it.tags))),
            Kind::NetworkInterface => Box::new(self.interfaces.iter().map(|it| (&it.id, &it.tags))),
        }
    }

    /// Whether something is there; an instance that is terminated is not.
    pub fn has(&self, kind: Kind, id: &AwsId) -> bool {
        self.tagged(kind).any(|(other, _)| other == id)
    }

    /// An instance, terminated or not.
    pub fn instance(&self, id: &AwsId) -> Option<&super::inventory::Instance> {
        self.instances.iter().find(|it| it.id == *id)
    }
}
