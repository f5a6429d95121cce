//! `/v1/subscriptions`: how flexible and annual subscriptions look to clients.

pub(crate) mod allow_list;
pub(crate) mod create;
pub(crate) mod databases;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod maintenance_windows;
pub(crate) mod pricing;
pub(crate) mod redis_versions;
pub(crate) mod request;
pub(crate) mod resource_tags;
pub(crate) mod update;
pub(crate) mod view;

use std::collections::HashMap;

use berth_domain::{
    cloud_account::CloudAccount,
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::{
        Plan, Subscription, SubscriptionStatus,
        access::AllowList,
        database::{DatabaseOrder, DatabaseSize, Gigabytes},
        maintenance::MaintenanceWindows,
        network::{Networking, RegionOrder, Spread},
        order::{CreateRequest, DeploymentType},
        tags::ResourceTag,
        terms::{ProTerms, Terms},
    },
    values::AwsAccountId,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    document::words,
    links::{Link, Origin},
};

/// A flexible or annual subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProSubscription)]
pub(crate) struct SubscriptionView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Web shop")]
    name: String,
    /// Where it stands.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// Why it stands there, where that needs an explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status_reason: Option<String>,
    /// What it was bought as: `flexible` or `annual`.
    #[schema(example = "flexible")]
    plan: &'static str,
    /// Whether it is for one region or several.
    #[schema(example = "single-region")]
    deployment_type: &'static str,
    /// By what it is paid, on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "credit-card", nullable = false)]
    payment_method_type: Option<&'static str>,
    /// By which of the account's payment methods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2, nullable = false)]
    payment_method_id: Option<i32>,
    /// What its databases are stored in.
    #[schema(example = "ram")]
    memory_storage: &'static str,
    /// Whether its volumes are encrypted: always.
    storage_encryption: bool,
    /// Whose key they are encrypted with.
    #[schema(example = "cloud-provider-managed-key")]
    persistent_storage_encryption_type: &'static str,
    /// How many databases are planned.
    #[schema(example = 1)]
    number_of_databases: u32,
    /// Whether its databases may be reached from public addresses.
    public_endpoint_access: bool,
    /// Where it is.
    cloud_details: Vec<CloudDetail>,
    /// When it was ordered.
    created_timestamp: Timestamp,
    /// Related: the subscription itself, its databases.
    links: Vec<Link>,
}

/// Where a subscription is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CloudDetail {
    /// The provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// The cloud account; 1 is the operator's own.
    #[schema(example = 101)]
    cloud_account_id: i32,
    /// The AWS account behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123456789012", nullable = false)]
    aws_account_id: Option<String>,
    /// The size of all planned databases together, in GB.
    #[schema(example = 1.5)]
    total_size_in_gb: f64,
    /// What is written on everything that is built.
    resource_tags: Vec<TagView>,
    /// Its regions.
    regions: Vec<RegionView>,
    /// Related: none so far.
    links: Vec<Link>,
}

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResourceTag)]
pub(crate) struct TagView {
    /// Its key.
    #[schema(example = "team")]
    key: String,
    /// Its value.
    #[schema(example = "shop")]
    value: String,
}

/// A region of a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SubscriptionRegion)]
pub(crate) struct RegionView {
    /// Its code.
    #[schema(example = "eu-west-1")]
    region: String,
    /// Whether its nodes are spread over three availability zones.
    multiple_availability_zones: bool,
    /// The availability zones that were asked for, in that order.
    preferred_availability_zones: Vec<String>,
    /// Its networks: one for each subnet of the customer's own, else one.
    networking: Vec<NetworkView>,
}

/// A network of a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionNetwork)]
pub(crate) struct NetworkView {
    /// The network; empty where it is not known.
    // Clients read this and the subnet's id without asking whether they are there.
    #[serde(rename = "deploymentCIDR")]
    #[schema(example = "10.0.0.0/24")]
    deployment_cidr: String,
    /// The subnet; empty where Berth makes it.
    #[serde(rename = "subnetId")]
    #[schema(example = "")]
    subnet_id: String,
    /// The VPC, where it is the customer's own.
    // Clients that did not ask for one take it for a change.
    #[serde(rename = "vpcId", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    vpc_id: Option<String>,
    /// The security group, where it is the customer's own.
    #[serde(rename = "securityGroupId", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    security_group_id: Option<String>,
}

/// The AWS accounts behind an account's cloud accounts.
#[derive(Debug, Default)]
pub(crate) struct AwsAccounts(HashMap<CloudAccountId, AwsAccountId>);

impl From<Vec<CloudAccount>> for AwsAccounts {
    fn from(accounts: Vec<CloudAccount>) -> Self {
        Self(accounts.into_iter().map(|account| (account.id, account.aws_account_id)).collect())
    }
}

/// Whether a subscription is shown here, and not among the free and fixed ones.
pub(crate) fn is_pro(subscription: &Subscription) -> bool {
    subscription.plan.brings_own_cloud()
}

impl SubscriptionView {
    pub(crate) fn new(subscription: Subscription, aws: &AwsAccounts, origin: &Origin) -> Self {
        let path = format!("/v1/subscriptions/{}", subscription.id);
        let links =
            vec![origin.link("self", &path), origin.link("databases", format_args!("{path}/databases"))];
        let cloud_details = vec![CloudDetail::new(&subscription, aws)];
        let Subscription { id, name, status, status_reason, plan, terms, created_at, .. } = subscription;
        let order = terms.pro().map(|terms| &terms.order);
        let databases = order.map(|order| order.databases.as_slice()).unwrap_or_default();
        Self {
            id: id.0,
            name: name.into(),
            status: status.as_str(),
            status_reason,
            plan: plan.as_str(),
            deployment_type: order.map_or(DeploymentType::SingleRegion, |o| o.deployment_type).as_str(),
            payment_method_type: order.map(|order| order.payment.method.as_str()),
            payment_method_id: order.and_then(|order| order.payment.id).map(|id| id.0),
            memory_storage: order.map_or("ram", |order| order.memory_storage.as_str()),
            storage_encryption: true,
            persistent_storage_encryption_type: "cloud-provider-managed-key",
            number_of_databases: databases.iter().map(|database| database.quantity).sum(),
            public_endpoint_access: order.is_none_or(|order| order.public_endpoint_access),
            cloud_details,
            created_timestamp: created_at,
            links,
        }
    }

    fn sample() -> Self {
        let account = AwsAccounts(HashMap::from([(
            CloudAccountId(101),
            "123456789012".parse().expect("an AWS account"),
        )]));
        Self::new(sample(), &account, &Origin::sample())
    }
}

impl CloudDetail {
    fn new(subscription: &Subscription, aws: &AwsAccounts) -> Self {
        let id = subscription.cloud_account_id.unwrap_or(CloudAccountId::INTERNAL);
        let order = subscription.terms.pro().map(|terms| &terms.order);
        let regions = match order {
            Some(order) => order.regions.iter().map(RegionView::from).collect(),
            None => subscription.regions.iter().map(|name| RegionView::recorded(name)).collect(),
        };
        let tags = order.map(|order| order.tags.as_slice()).unwrap_or_default();
        let databases = order.map(|order| order.databases.as_slice()).unwrap_or_default();
        Self {
            provider: "AWS",
            cloud_account_id: id.0,
            aws_account_id: aws.0.get(&id).map(ToString::to_string),
            total_size_in_gb: databases.iter().map(total_size).sum(),
            resource_tags: tags.iter().map(TagView::from).collect(),
            regions,
            links: Vec::new(),
        }
    }
}

fn total_size(database: &DatabaseOrder) -> f64 {
    let (DatabaseSize::Dataset(Gigabytes(size)) | DatabaseSize::MemoryLimit(Gigabytes(size))) =
        database.size;
    size * f64::from(database.quantity)
}

impl From<&ResourceTag> for TagView {
    fn from(tag: &ResourceTag) -> Self {
        Self { key: tag.key.clone(), value: tag.value.clone() }
    }
}

impl RegionView {
    fn recorded(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            multiple_availability_zones: false,
            preferred_availability_zones: Vec::new(),
            networking: vec![NetworkView::managed(String::new())],
        }
    }
}

impl From<&RegionOrder> for RegionView {
    fn from(order: &RegionOrder) -> Self {
        let networking = match &order.networking {
            Networking::Managed { cidr } => vec![NetworkView::managed(cidr.to_string())],
            Networking::Customer { vpc_id, subnet_ids, security_group_id, stated_cidr } => subnet_ids
                .iter()
                .map(|subnet| NetworkView {
                    deployment_cidr: stated_cidr.map(String::from).unwrap_or_default(),
                    subnet_id: subnet.to_string(),
                    vpc_id: Some(vpc_id.to_string()),
                    security_group_id: Some(security_group_id.to_string()),
                })
                .collect(),
        };
        Self {
            region: order.region.clone(),
            multiple_availability_zones: order.zones.spread == Spread::MultiZone,
            preferred_availability_zones: order.zones.preferred.iter().map(ToString::to_string).collect(),
            networking,
        }
    }
}

impl NetworkView {
    fn managed(deployment_cidr: String) -> Self {
        Self { deployment_cidr, subnet_id: String::new(), vpc_id: None, security_group_id: None }
    }
}

pub(crate) fn statuses() -> Object {
    words("Where it stands.", SubscriptionStatus::ALL.map(SubscriptionStatus::as_str))
}

/// A subscription, for examples.
fn sample() -> Subscription {
    let request = request::SubscriptionCreate::sample();
    let order = CreateRequest::parse(request.as_object().expect("an object")).expect("a sound order").order;
    let created_at = Timestamp::from_second(1_767_225_600).expect("2026 is in range");
    Subscription {
        id: SubscriptionId(1),
        account_id: AccountId(1),
        name: "Web shop".parse().expect("a name"),
        plan: Plan::Flexible,
        status: SubscriptionStatus::Active,
        status_reason: None,
        cloud_account_id: Some(CloudAccountId(101)),
        regions: vec!["eu-west-1".to_owned()],
        terms: Terms::Pro(Box::new(ProTerms {
            order,
            allow_list: AllowList::default(),
            maintenance_windows: MaintenanceWindows::default(),
        })),
        created_at,
        updated_at: created_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_has_its_networks_in_a_list_and_no_vpc_that_was_not_asked_for() {
        insta::assert_json_snapshot!(SubscriptionView::sample(), @r#"
        {
          "id": 1,
          "name": "Web shop",
          "status": "active",
          "plan": "flexible",
          "deploymentType": "single-region",
          "paymentMethodType": "credit-card",
          "paymentMethodId": 2,
          "memoryStorage": "ram",
          "storageEncryption": true,
          "persistentStorageEncryptionType": "cloud-provider-managed-key",
          "numberOfDatabases": 1,
          "publicEndpointAccess": true,
          "cloudDetails": [
            {
              "provider": "AWS",
              "cloudAccountId": 101,
              "awsAccountId": "123456789012",
              "totalSizeInGb": 1.5,
              "resourceTags": [
                {
                  "key": "team",
                  "value": "shop"
                }
              ],
              "regions": [
                {
                  "region": "eu-west-1",
                  "multipleAvailabilityZones": false,
                  "preferredAvailabilityZones": [
                    "euw1-az1"
                  ],
                  "networking": [
                    {
                      "deploymentCIDR": "10.0.0.0/24",
                      "subnetId": ""
                    }
                  ]
                }
              ],
              "links": []
            }
          ],
          "createdTimestamp": "2026-01-01T00:00:00Z",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/subscriptions/1",
              "type": "GET"
            },
            {
              "rel": "databases",
              "href": "http://127.0.0.1:8080/v1/subscriptions/1/databases",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_the_operator_recorded_is_in_its_account_and_has_no_databases() {
        let recorded = Subscription { terms: Terms::Recorded, cloud_account_id: None, ..sample() };
        let view = SubscriptionView::new(recorded, &AwsAccounts::default(), &Origin::sample());
        assert_eq!((view.number_of_databases, view.cloud_details[0].cloud_account_id), (0, 1));
        assert_eq!(view.cloud_details[0].regions[0].networking.len(), 1);
    }
}
