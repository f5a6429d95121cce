//! What a customer orders when it creates a subscription, and how the request is read.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ids::{CloudAccountId, PaymentMethodId},
    problem::Problem,
    reading::{Object, Reading},
    regions::REGIONS,
    subscription::{
        database::{self, DatabaseOrder, MemoryStorage},
        network::{
            DeploymentCidr, Networking, RegionOrder, SecurityGroupId, Spread, SubnetId, VpcId, ZoneId,
            Zones,
        },
        tags::ResourceTags,
    },
    task::ErrorType,
    values::DisplayName,
};

/// How many regions an order may name.
const MOST_REGIONS: usize = 10;

/// A subscription to be, well-formed. Whether AWS has room for it is another question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name; Berth makes one up when there is none.
    pub name: Option<DisplayName>,
    /// Whether it is for one region or several.
    pub deployment_type: DeploymentType,
    /// The cloud account it is built in: never the operator's own.
    pub cloud_account_id: CloudAccountId,
    /// Its regions, each once, at least one. Their networks do not overlap.
    pub regions: Vec<RegionOrder>,
    /// Its databases, at least one.
    pub databases: Vec<DatabaseOrder>,
    /// What is written on everything that is built.
    pub tags: ResourceTags,
    /// What its databases are stored in.
    pub memory_storage: MemoryStorage,
    /// How it is paid.
    pub payment: Payment,
    /// Whether its databases may be reached from public addresses.
    pub public_endpoint_access: bool,
}

/// Whether a subscription is for one region or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentType {
    /// One region.
    SingleRegion,
    /// Two or more regions.
    ActiveActive,
}

impl DeploymentType {
    const CHOICES: [(&'static str, Self); 2] =
        [("single-region", Self::SingleRegion), ("active-active", Self::ActiveActive)];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SingleRegion => "single-region",
            Self::ActiveActive => "active-active",
        }
    }
}

/// How a subscription is paid. Nothing is ever charged: the operator keeps it on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// By what.
    pub method: PaymentKind,
    /// Which of the account's payment methods.
    pub id: Option<PaymentMethodId>,
}

/// By what a subscription is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentKind {
    /// A card.
    CreditCard,
    /// A marketplace's account.
    Marketplace,
}

impl PaymentKind {
    pub(crate) const CHOICES: [(&'static str, Self); 2] =
        [("credit-card", Self::CreditCard), ("marketplace", Self::Marketplace)];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreditCard => "credit-card",
            Self::Marketplace => "marketplace",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::CHOICES.into_iter().find(|(name, _)| *name == text).map(|(_, kind)| kind)
    }
}

/// What a create request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To build it.
    Build,
    /// To see what would be built.
    DryRun,
}

/// A request to create a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateRequest {
    /// What is ordered.
    pub order: Order,
    /// What for.
    pub purpose: Purpose,
}

impl CreateRequest {
    /// Reads the body of a create request; names everything that is wrong, not just the first thing.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        let name = reading.parsed(&body, "name", ErrorType::BadRequest);
        let dry_run = reading.flag(&body, "dryRun").unwrap_or(false);
        let kind = reading.choice(&body, "deploymentType", &DeploymentType::CHOICES);
        let kind = kind.unwrap_or(DeploymentType::SingleRegion);
        let payment = read_payment(&mut reading, &body);
        let storage = reading.choice(&body, "memoryStorage", &MemoryStorage::CHOICES);
        let storage = storage.unwrap_or(MemoryStorage::Ram);
        read_encryption(&mut reading, &body);
        let public = reading.flag(&body, "publicEndpointAccess").unwrap_or(true);
        let provider = read_provider(&mut reading, &body, kind);
        let databases = database::read(&mut reading, &body, storage);
        let order = provider.map(|provider| Order {
            name,
            deployment_type: kind,
            cloud_account_id: provider.cloud_account_id,
            regions: provider.regions,
            databases,
            tags: provider.tags,
            memory_storage: storage,
            payment,
            public_endpoint_access: public,
        });
        let purpose = if dry_run { Purpose::DryRun } else { Purpose::Build };
        reading.finish(order.map(|order| Self { order, purpose }))
    }
}

/// Reads how something is paid.
pub(crate) fn read_payment(reading: &mut Reading, body: &Object<'_>) -> Payment {
    let method = reading.choice(body, "paymentMethod", &PaymentKind::CHOICES);
    Payment { method: method.unwrap_or(PaymentKind::CreditCard), id: read_payment_method_id(reading, body) }
}

/// Reads which of an account's payment methods is meant.
pub(crate) fn read_payment_method_id(reading: &mut Reading, body: &Object<'_>) -> Option<PaymentMethodId> {
    const NAME: &str = "paymentMethodId";
    let id = reading.whole(body, NAME)?;
    let sound = i32::try_from(id).ok().map(PaymentMethodId);
    if sound.is_none() {
        let message = "is no payment method of this account";
        reading.refuse(body.path(NAME), ErrorType::SubscriptionPiNotFound, message);
    }
    sound
}

fn read_encryption(reading: &mut Reading, body: &Object<'_>) {
    const NAME: &str = "persistentStorageEncryptionType";
    let choices = [("cloud-provider-managed-key", true), ("customer-managed-key", false)];
    if reading.choice(body, NAME, &choices) == Some(false) {
        let message = "must be cloud-provider-managed-key: Berth encrypts every volume with the AWS account's \
                       own key for EBS, and does not manage others";
        reading.refuse(body.path(NAME), ErrorType::BadRequest, message);
    }
}

struct Provider {
    cloud_account_id: CloudAccountId,
    regions: Vec<RegionOrder>,
    tags: ResourceTags,
}

fn read_provider(reading: &mut Reading, body: &Object<'_>, kind: DeploymentType) -> Option<Provider> {
    const NAME: &str = "cloudProviders";
    if !body.has(NAME) {
        reading.refuse(NAME, ErrorType::BadRequest, "is required");
    }
    let providers = reading.objects(body, NAME)?;
    if providers.len() > 1 {
        let message = "must be one: a subscription is built in one cloud account";
        reading.refuse(NAME, ErrorType::MultipleCloudProvidersNotSupported, message);
    }
    let Some(provider) = providers.into_iter().next() else {
        if reading.is_sound() {
            reading.refuse(NAME, ErrorType::BadRequest, "must name a provider");
        }
        return None;
    };
    let cloud_account_id = read_cloud_account(reading, &provider)?;
    read_provider_name(reading, &provider, cloud_account_id);
    let internal = cloud_account_id == CloudAccountId::INTERNAL;
    let regions = read_regions(reading, &provider, kind, internal);
    if internal && provider.has("resourceTags") {
        let kind = ErrorType::ResourceTagsNotAllowedWithInternalCloudAccount;
        reading.refuse(provider.path("resourceTags"), kind, INTERNAL);
    }
    let tags = ResourceTags::read(reading, &provider);
    if internal {
        let message = "must be a cloud account of yours: Berth does not build in the operator's own AWS \
                       account (1, the default). GET /v1/cloud-accounts lists yours";
        reading.refuse(provider.path("cloudAccountId"), ErrorType::BadRequest, message);
    }
    Some(Provider { cloud_account_id, regions, tags })
}

const INTERNAL: &str = "cannot be given for cloud account 1, the operator's own";

fn read_cloud_account(reading: &mut Reading, provider: &Object<'_>) -> Option<CloudAccountId> {
    const NAME: &str = "cloudAccountId";
    if !provider.has(NAME) {
        return Some(CloudAccountId::INTERNAL);
    }
    let id = reading.whole(provider, NAME)?;
    let sound = i32::try_from(id).ok().map(CloudAccountId);
    if sound.is_none() {
        let message = "is no cloud account of yours";
        reading.refuse(provider.path(NAME), ErrorType::CloudAccountNotFound, message);
    }
    sound
}

fn read_provider_name(reading: &mut Reading, provider: &Object<'_>, cloud_account: CloudAccountId) {
    const NAME: &str = "provider";
    let (kind, message) = match reading.text(provider, NAME).as_deref() {
        None | Some("AWS") => return,
        Some("GCP") if cloud_account != CloudAccountId::INTERNAL => (
            ErrorType::SubscriptionGcpAllowOnlyInternal,
            "cannot be GCP in a cloud account of yours: those are AWS accounts",
        ),
        _ => (ErrorType::NotKnownCloudProvider, "must be AWS, the only provider Berth builds in"),
    };
    reading.refuse(provider.path(NAME), kind, message);
}

fn read_regions(
    reading: &mut Reading,
    provider: &Object<'_>,
    kind: DeploymentType,
    internal: bool,
) -> Vec<RegionOrder> {
    const NAME: &str = "regions";
    if !provider.has(NAME) {
        reading.refuse(provider.path(NAME), ErrorType::BadRequest, "is required");
    }
    let Some(items) = reading.objects(provider, NAME) else { return Vec::new() };
    let message = match (kind, items.len()) {
        (_, 0) => Some("must name a region".to_owned()),
        (DeploymentType::SingleRegion, 2..) => {
            Some("must be one, unless deploymentType is active-active".to_owned())
        }
        (DeploymentType::ActiveActive, 1) => {
            Some("must be two or more when deploymentType is active-active".to_owned())
        }
        (DeploymentType::ActiveActive, more) if more > MOST_REGIONS => {
            Some(format!("may be at most {MOST_REGIONS}; these are {more}"))
        }
        _ => None,
    };
    if let Some(message) = message {
        reading.refuse(provider.path(NAME), ErrorType::BadRequest, message);
    }
    let mut regions: Vec<RegionOrder> = Vec::new();
    for item in &items {
        let Some(region) = read_region(reading, item, internal) else { continue };
        if regions.iter().any(|other| other.region == region.region) {
            reading.refuse(item.path("region"), ErrorType::BadRequest, "is named twice");
        }
        refuse_overlap(reading, item, &region, &regions);
        regions.push(region);
    }
    regions
}

/// The regions of a subscription talk to each other, which takes networks that do not overlap.
fn refuse_overlap(reading: &mut Reading, item: &Object<'_>, region: &RegionOrder, others: &[RegionOrder]) {
    let Networking::Managed { cidr } = region.networking else { return };
    let overlapping = others.iter().find(|other| {
        matches!(other.networking, Networking::Managed { cidr: other } if cidr.overlaps(other.network()))
    });
    if let Some(other) = overlapping {
        let message = format!("overlaps with the network of {}", other.region);
        let path = format!("{}.deploymentCIDR", item.path("networking"));
        reading.refuse(path, ErrorType::SubscriptionInvalidCidr, message);
    }
}

fn read_region(reading: &mut Reading, item: &Object<'_>, internal: bool) -> Option<RegionOrder> {
    if !item.has("region") {
        reading.refuse(item.path("region"), ErrorType::SubscriptionInvalidRegionName, "is required");
    }
    let region = reading.text(item, "region").and_then(|name| {
        let known = REGIONS.iter().any(|region| region.name == name);
        if !known {
            let message = "is no AWS region; one is eu-west-1. GET /v1/regions lists them";
            reading.refuse(item.path("region"), ErrorType::SubscriptionInvalidRegionName, message);
        }
        known.then_some(name)
    });
    let zones = read_zones(reading, item);
    let networking = match internal {
        true => {
            refuse_network_of_internal(reading, item);
            None
        }
        false => read_networking(reading, item, zones.spread),
    };
    Some(RegionOrder { region: region?, zones, networking: networking? })
}

fn read_zones(reading: &mut Reading, item: &Object<'_>) -> Zones {
    const NAME: &str = "preferredAvailabilityZones";
    let spread = match reading.flag(item, "multipleAvailabilityZones") {
        Some(true) => Spread::MultiZone,
        _ => Spread::SingleZone,
    };
    let named = reading.texts(item, NAME).unwrap_or_default();
    if !named.is_empty() && named.len() != spread.zones() {
        let message = match spread {
            Spread::SingleZone => "must be one, unless multipleAvailabilityZones is true",
            Spread::MultiZone => "must be three when multipleAvailabilityZones is true",
        };
        reading.refuse(
            item.path(NAME),
            ErrorType::SubscriptionBadPreferredAzSize,
            format!("{message}; these are {}", named.len()),
        );
    }
    let mut seen = HashSet::new();
    let mut preferred: Vec<ZoneId> = Vec::new();
    for (path, text) in named {
        let kind = ErrorType::SubscriptionPreferredAzInvalidValue;
        let Some(zone) = reading.parse::<ZoneId>(path.clone(), &text, kind) else { continue };
        if !seen.insert(zone.clone()) {
            reading.refuse(path, ErrorType::SubscriptionPreferredAzMustBeDefinedOnce, "is named twice");
        }
        preferred.push(zone);
    }
    Zones { spread, preferred }
}

fn refuse_network_of_internal(reading: &mut Reading, item: &Object<'_>) {
    let Some(networking) = reading.object(item, "networking") else { return };
    for (name, kind) in [
        ("vpcId", ErrorType::VpcIdNotAllowedWithInternalCloudAccount),
        ("subnetIds", ErrorType::SubnetIdNotAllowedWithInternalCloudAccount),
        ("securityGroupId", ErrorType::SecurityGroupIdNotAllowedWithInternalCloudAccount),
    ] {
        if networking.has(name) {
            reading.refuse(networking.path(name), kind, INTERNAL);
        }
    }
    let name = name_of_cidr(&networking);
    reading.parsed::<DeploymentCidr>(&networking, name, ErrorType::SubscriptionInvalidCidr);
}

/// What the network is called: `deploymentCIDR`, as documented, or as the published `redis-cloud` crate spells it.
fn name_of_cidr(networking: &Object<'_>) -> &'static str {
    const DOCUMENTED: &str = "deploymentCIDR";
    const OF_THE_CRATE: &str = "deploymentCidr";
    if networking.has(OF_THE_CRATE) && !networking.has(DOCUMENTED) { OF_THE_CRATE } else { DOCUMENTED }
}

fn read_networking(reading: &mut Reading, item: &Object<'_>, spread: Spread) -> Option<Networking> {
    if !item.has("networking") {
        let message = "is required: a deploymentCIDR for a new VPC, or your own vpcId, subnetIds and \
                       securityGroupId";
        reading.refuse(item.path("networking"), ErrorType::SubscriptionNetworkingMissing, message);
    }
    let networking = reading.object(item, "networking")?;
    let invalid_cidr = ErrorType::SubscriptionInvalidCidr;
    let name = name_of_cidr(&networking);
    let cidr = reading.parsed::<DeploymentCidr>(&networking, name, invalid_cidr);
    let own = ["vpcId", "subnetIds", "securityGroupId"].into_iter().any(|name| networking.has(name));
    if own {
        return read_own_network(reading, &networking, spread, cidr);
    }
    if !networking.has(name) {
        let message = "is required, such as 10.0.0.0/24, unless you bring your own VPC";
        reading.refuse(networking.path(name), ErrorType::NetworkingCidrMissing, message);
    }
    Some(Networking::Managed { cidr: cidr? })
}

fn read_own_network(
    reading: &mut Reading,
    networking: &Object<'_>,
    spread: Spread,
    stated_cidr: Option<DeploymentCidr>,
) -> Option<Networking> {
    for (name, kind) in [
        ("vpcId", ErrorType::NetworkingVpcIdMissing),
        ("subnetIds", ErrorType::NetworkingSubnetIdsMissing),
        ("securityGroupId", ErrorType::NetworkingSecurityGroupMissing),
    ] {
        if !networking.has(name) {
            let message = "is required when you bring your own VPC: vpcId, subnetIds and securityGroupId \
                           come together";
            reading.refuse(networking.path(name), kind, message);
        }
    }
    let vpc_id = reading.parsed::<VpcId>(networking, "vpcId", ErrorType::BadRequest);
    let subnet_ids = read_subnets(reading, networking, spread);
    let security_group_id =
        reading.parsed::<SecurityGroupId>(networking, "securityGroupId", ErrorType::BadRequest);
    Some(Networking::Customer {
        vpc_id: vpc_id?,
        subnet_ids: subnet_ids?,
        security_group_id: security_group_id?,
        stated_cidr,
    })
}

fn read_subnets(reading: &mut Reading, networking: &Object<'_>, spread: Spread) -> Option<Vec<SubnetId>> {
    const NAME: &str = "subnetIds";
    let named = reading.texts(networking, NAME)?;
    if named.len() != spread.zones() {
        let message = format!(
            "must be {}: one subnet for each availability zone; these are {}",
            spread.zones(),
            named.len()
        );
        reading.refuse(networking.path(NAME), ErrorType::InvalidNumberOfSubnetIds, message);
    }
    let mut seen = HashSet::new();
    let mut subnets = Vec::new();
    for (path, text) in named {
        let Some(subnet) = reading.parse::<SubnetId>(path.clone(), &text, ErrorType::BadRequest) else {
            continue;
        };
        if !seen.insert(subnet.clone()) {
            reading.refuse(path, ErrorType::BadRequest, "is named twice");
        }
        subnets.push(subnet);
    }
    Some(subnets)
}
