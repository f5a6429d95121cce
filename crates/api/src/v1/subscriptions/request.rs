//! What the document says about the body that creates a subscription. Reading it is the domain's work.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What a subscription is made from. Unknown fields are ignored, and `null` is the same as absent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionCreate {
    /// Its name; Berth makes one up when there is none.
    #[schema(min_length = 1, max_length = 100, example = "Web shop")]
    name: Option<String>,
    /// Only plan it: nothing is created, and the task answers what would be.
    dry_run: Option<bool>,
    /// `single-region` (the default) or `active-active`, which takes two regions or more.
    #[schema(pattern = "^(single-region|active-active)$", example = "single-region")]
    deployment_type: Option<String>,
    /// `credit-card` (the default) or `marketplace`, on record. Nothing is ever charged.
    #[schema(pattern = "^(credit-card|marketplace)$", example = "credit-card")]
    payment_method: Option<String>,
    /// Which of the account's payment methods: needed for cards, unless the account is under a contract.
    #[schema(example = 2)]
    payment_method_id: Option<i32>,
    /// `ram` (the default) or `ram-and-flash`.
    #[schema(pattern = "^(ram|ram-and-flash)$", example = "ram")]
    memory_storage: Option<String>,
    /// `cloud-provider-managed-key`: the AWS account's own key for EBS.
    #[schema(pattern = "^cloud-provider-managed-key$", example = "cloud-provider-managed-key")]
    persistent_storage_encryption_type: Option<String>,
    /// Whether its databases may be reached from public addresses; they may by default.
    public_endpoint_access: Option<bool>,
    /// Where it is built: exactly one cloud account.
    #[schema(min_items = 1, max_items = 1)]
    cloud_providers: Vec<ProviderRequest>,
    /// Its databases, which size what is built.
    #[schema(min_items = 1, max_items = 100)]
    databases: Vec<DatabaseRequest>,
}

/// Where a subscription is built.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SubscriptionProvider)]
pub(crate) struct ProviderRequest {
    /// `AWS`, the only provider Berth builds in.
    #[schema(pattern = "^AWS$", example = "AWS")]
    provider: Option<String>,
    /// A cloud account of yours. Berth does not build in 1, the operator's own.
    #[schema(minimum = 2, example = 101)]
    cloud_account_id: i32,
    /// Its regions.
    #[schema(min_items = 1, max_items = 10)]
    regions: Vec<RegionRequest>,
    /// What is written on everything that is built.
    #[schema(max_items = 30)]
    resource_tags: Option<Vec<TagRequest>>,
}

/// A region of a subscription to be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SubscriptionRegionRequest)]
pub(crate) struct RegionRequest {
    /// Its code, as `GET /v1/regions` lists them.
    #[schema(example = "eu-west-1")]
    region: String,
    /// Whether its nodes are spread over three availability zones; they are not by default.
    multiple_availability_zones: Option<bool>,
    /// The ids of availability zones: one, or three when they are several.
    #[schema(max_items = 3, example = json!(["euw1-az1"]))]
    preferred_availability_zones: Option<Vec<String>>,
    /// Its network.
    networking: NetworkRequest,
}

/// A network: `deploymentCIDR` for a VPC that Berth makes, or `vpcId`, `subnetIds` and `securityGroupId`
/// together for your own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionNetworkRequest)]
pub(crate) struct NetworkRequest {
    /// Private, /16 to /24, and apart from the account's other deployments.
    #[serde(rename = "deploymentCIDR")]
    #[schema(example = "10.0.0.0/24")]
    deployment_cidr: Option<String>,
    /// Your own VPC.
    #[serde(rename = "vpcId")]
    #[schema(pattern = "^vpc-[0-9a-f]{8,18}$")]
    vpc_id: Option<String>,
    /// One subnet in it for each availability zone: one or three.
    #[serde(rename = "subnetIds")]
    #[schema(max_items = 3)]
    subnet_ids: Option<Vec<String>>,
    /// The security group of every node.
    #[serde(rename = "securityGroupId")]
    #[schema(pattern = "^sg-[0-9a-f]{8,18}$")]
    security_group_id: Option<String>,
}

/// A tag to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResourceTagRequest)]
pub(crate) struct TagRequest {
    /// Its key: not `Name`, and nothing that begins with `aws:` or `berth:`.
    #[schema(min_length = 1, max_length = 128, example = "team")]
    key: String,
    /// Its value; may be empty.
    #[schema(max_length = 256, example = "shop")]
    value: String,
}

/// A database to be, or several alike. Fields that do not matter to what is built are kept and shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DatabasePlanRequest)]
pub(crate) struct DatabaseRequest {
    /// Its name, unique in the subscription; with a number behind it when there are several.
    #[schema(max_length = 40, pattern = "^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$", example = "cart")]
    name: String,
    /// `redis` (the default) or `memcached`.
    #[schema(pattern = "^(redis|memcached)$", example = "redis")]
    protocol: Option<String>,
    /// The data it holds, in GB; replication comes on top. This or `memoryLimitInGb`.
    #[schema(minimum = 0.1, maximum = 10_000.0, example = 1.5)]
    dataset_size_in_gb: Option<f64>,
    /// All its memory, in GB, replication included.
    #[schema(minimum = 0.1, maximum = 10_000.0)]
    memory_limit_in_gb: Option<f64>,
    /// Whether it has a replica; it has by default.
    replication: Option<bool>,
    /// How much it has to do: 1,000 operations per second by default.
    throughput_measurement: Option<ThroughputRequest>,
    /// How many databases of this kind.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    quantity: Option<i32>,
    /// Where it listens.
    #[schema(minimum = 10_000, maximum = 19_999)]
    port: Option<i32>,
}

/// How much a database has to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThroughputRequest)]
pub(crate) struct ThroughputRequest {
    /// `operations-per-second` or `number-of-shards`.
    #[schema(pattern = "^(operations-per-second|number-of-shards)$", example = "operations-per-second")]
    by: String,
    /// How many.
    #[schema(minimum = 1, example = 1000)]
    value: i64,
}

impl SubscriptionCreate {
    pub(crate) fn sample() -> Value {
        json!({
            "name": "Web shop",
            "paymentMethodId": 2,
            "cloudProviders": [{
                "provider": "AWS",
                "cloudAccountId": 101,
                "regions": [{
                    "region": "eu-west-1",
                    "multipleAvailabilityZones": false,
                    "preferredAvailabilityZones": ["euw1-az1"],
                    "networking": { "deploymentCIDR": "10.0.0.0/24" },
                }],
                "resourceTags": [{ "key": "team", "value": "shop" }],
            }],
            "databases": [{
                "name": "cart",
                "protocol": "redis",
                "datasetSizeInGb": 1.5,
                "throughputMeasurement": { "by": "operations-per-second", "value": 10_000 },
            }],
        })
    }
}
