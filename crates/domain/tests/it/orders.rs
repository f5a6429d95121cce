//! What a request to create a subscription may hold, and what it says about what it may not.

use berth_domain::{
    problem::Problem,
    subscription::{
        database::{DatabaseSize, Gigabytes, ThroughputUnit},
        network::{Networking, Spread},
        order::{CreateRequest, Order, PaymentKind, Purpose},
    },
    task::ErrorType,
};
use rstest::rstest;
use serde_json::{Map, Value, json};

fn body() -> Value {
    json!({
        "name": "Web shop",
        "paymentMethodId": 2,
        "cloudProviders": [{
            "cloudAccountId": 101,
            "regions": [{ "region": "eu-west-1", "networking": { "deploymentCIDR": "10.0.0.0/24" } }],
        }],
        "databases": [{ "name": "cart", "protocol": "redis", "datasetSizeInGb": 1 }],
    })
}

/// The sound body with `value` at `pointer`, which may be new.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = body();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(items) => items.push(value),
        other => panic!("nothing can be put into {other}"),
    }
    body
}

fn fields(body: &Value) -> &Map<String, Value> {
    body.as_object().unwrap()
}

fn order(body: &Value) -> Order {
    CreateRequest::parse(fields(body)).unwrap().order
}

fn problems(body: &Value) -> Vec<Problem> {
    CreateRequest::parse(fields(body)).unwrap_err()
}

#[test]
fn a_small_request_is_filled_up_with_the_defaults() {
    let request = CreateRequest::parse(fields(&body())).unwrap();
    assert_eq!(request.purpose, Purpose::Build);
    let order = request.order;
    assert_eq!(order.payment.method, PaymentKind::CreditCard);
    assert_eq!(order.regions[0].zones.spread, Spread::SingleZone);
    let database = &order.databases[0];
    assert_eq!(database.size, DatabaseSize::Dataset(Gigabytes(1.0)));
    assert_eq!((database.replication, database.quantity), (true, 1));
    assert_eq!(database.throughput.by, ThroughputUnit::OperationsPerSecond);
    assert!(order.public_endpoint_access);
}

#[test]
fn preferred_zones_keep_the_customers_order() {
    let mut body = with("/cloudProviders/0/regions/0/multipleAvailabilityZones", json!(true));
    body["cloudProviders"][0]["regions"][0]["preferredAvailabilityZones"] =
        json!(["euw1-az3", "euw1-az1", "euw1-az2"]);
    let zones = order(&body).regions.remove(0).zones;
    let preferred: Vec<_> = zones.preferred.iter().map(|zone| zone.as_str()).collect();
    assert_eq!((zones.spread, preferred), (Spread::MultiZone, vec!["euw1-az3", "euw1-az1", "euw1-az2"]));
}

#[test]
fn the_customers_own_network_needs_no_cidr() {
    let networking = json!({
        "vpcId": "vpc-0125be68a4625884a",
        "subnetIds": ["subnet-0125be68a4625884a"],
        "securityGroupId": "sg-0125be68a4625884a",
    });
    let body = with("/cloudProviders/0/regions/0/networking", networking);
    assert!(matches!(
        &order(&body).regions[0].networking,
        Networking::Customer { stated_cidr: None, subnet_ids, .. } if subnet_ids.len() == 1
    ));
}

#[test]
fn what_a_client_sends_by_mistake_is_ignored_and_null_is_absent() {
    let mut body = with("/persistentStorageEncryption", json!("cloud-provider-managed-key"));
    body["name"] = Value::Null;
    body["databases"][0]["password"] = json!("hunter2");
    let order = order(&body);
    assert_eq!(order.name, None);
    assert!(!serde_json::to_string(&order).unwrap().contains("hunter2"));
}

#[test]
fn several_databases_of_one_kind_are_numbered() {
    let order = order(&with("/databases/0/quantity", json!(2)));
    assert_eq!(order.databases[0].names(), ["cart-1", "cart-2"]);
}

#[test]
fn an_order_is_read_back_as_it_was_stored() {
    let order = order(&with("/cloudProviders/0/resourceTags", json!([{ "key": "team", "value": "shop" }])));
    let stored = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&stored).unwrap(), order);
}

#[test]
fn every_problem_is_named_at_once() {
    let body = json!({
        "name": 7,
        "cloudProviders": [{
            "cloudAccountId": 101,
            "regions": [{ "region": "mars", "networking": { "deploymentCIDR": "10.0.0.0/8" } }],
            "resourceTags": [{ "key": "aws:x", "value": "y" }],
        }],
        "databases": [],
    });
    let problems = problems(&body);
    let told: Vec<_> = problems.iter().map(|problem| problem.field.as_ref()).collect();
    assert_eq!(
        told,
        [
            "name",
            "cloudProviders[0].regions[0].region",
            "cloudProviders[0].regions[0].networking.deploymentCIDR",
            "cloudProviders[0].resourceTags[0].key",
            "databases",
        ]
    );
    assert_eq!(Problem::kind_of(&problems), ErrorType::SubscriptionInvalidRegionName);
}

/// Where, what, which kind of error, and on which field.
#[rstest]
#[case::short_prefix("10.0.0.0/8")]
#[case::long_prefix("10.0.0.0/29")]
#[case::longer_than_256("10.0.0.0/25")]
#[case::public("52.1.0.0/24")]
#[case::half_public("172.32.0.0/16")]
#[case::bits_behind_the_prefix("10.0.0.1/24")]
#[case::no_prefix("10.0.0.0")]
#[case::ipv6("fd00::/56")]
#[case::nonsense("ten")]
fn networks_are_private_and_of_a_sensible_size(#[case] cidr: &str) {
    let problems = problems(&with("/cloudProviders/0/regions/0/networking/deploymentCIDR", json!(cidr)));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].kind, ErrorType::SubscriptionInvalidCidr);
    assert_eq!(problems[0].field, "cloudProviders[0].regions[0].networking.deploymentCIDR");
}

#[rstest]
#[case("10.0.0.0/16")]
#[case("172.31.255.0/24")]
#[case("192.168.4.0/22")]
fn networks_from_16_to_24_are_good(#[case] cidr: &str) {
    order(&with("/cloudProviders/0/regions/0/networking/deploymentCIDR", json!(cidr)));
}

#[rstest]
#[case::four_zones(json!(["a-az1", "a-az2", "a-az3", "a-az4"]), "SUBSCRIPTION_BAD_PREFERRED_AZ_SIZE")]
#[case::two_zones(json!(["a-az1", "a-az2"]), "SUBSCRIPTION_BAD_PREFERRED_AZ_SIZE")]
#[case::a_name(json!(["us-east-1a"]), "SUBSCRIPTION_PREFERRED_AZ_INVALID_VALUE")]
#[case::a_number(json!([1]), "BAD_REQUEST")]
fn preferred_zones_are_one(#[case] zones: Value, #[case] kind: &str) {
    refused_as(&with("/cloudProviders/0/regions/0/preferredAvailabilityZones", zones), kind);
}

#[rstest]
#[case::four(json!(["a-az1", "a-az2", "a-az3", "a-az4"]), "SUBSCRIPTION_BAD_PREFERRED_AZ_SIZE")]
#[case::twice(json!(["a-az1", "a-az2", "a-az1"]), "SUBSCRIPTION_PREFERRED_AZ_MUST_BE_DEFINED_ONCE")]
fn or_three_when_there_are_several(#[case] zones: Value, #[case] kind: &str) {
    let mut body = with("/cloudProviders/0/regions/0/multipleAvailabilityZones", json!(true));
    body["cloudProviders"][0]["regions"][0]["preferredAvailabilityZones"] = zones;
    refused_as(&body, kind);
}

#[rstest]
#[case::empty(json!([{ "key": "", "value": "x" }]), "RESOURCE_TAGS_EMPTY_KEY")]
#[case::no_key(json!([{ "value": "x" }]), "RESOURCE_TAGS_EMPTY_KEY")]
#[case::no_value(json!([{ "key": "x" }]), "RESOURCE_TAGS_MISSING_VALUE")]
#[case::aws(json!([{ "key": "AWS:x", "value": "x" }]), "RESOURCE_TAGS_NAME_NOT_ALLOWED")]
#[case::ours(json!([{ "key": "berth:managed", "value": "x" }]), "RESOURCE_TAGS_NAME_NOT_ALLOWED")]
#[case::odd(json!([{ "key": "a\u{0}b", "value": "x" }]), "RESOURCE_TAGS_NAME_NOT_ALLOWED")]
#[case::long_key(json!([{ "key": "k".repeat(129), "value": "x" }]), "RESOURCE_TAG_KEY_EXCEEDS_MAXIMUM_LENGTH")]
#[case::long_value(json!([{ "key": "k", "value": "v".repeat(257) }]), "RESOURCE_TAG_VALUE_EXCEEDS_MAXIMUM_LENGTH")]
#[case::twice(json!([{ "key": "k", "value": "1" }, { "key": "k", "value": "2" }]), "RESOURCE_TAGS_DUPLICATE_KEY")]
#[case::text(json!(["k=v"]), "BAD_REQUEST")]
fn tags_follow_the_rules_of_aws_and_of_the_api(#[case] tags: Value, #[case] kind: &str) {
    refused_as(&with("/cloudProviders/0/resourceTags", tags), kind);
}

#[test]
fn thirty_tags_are_enough_and_thirty_one_too_many() {
    let tags = |count| (0..count).map(|n| json!({ "key": format!("k{n}"), "value": "" })).collect();
    let pointer = "/cloudProviders/0/resourceTags";
    assert_eq!(order(&with(pointer, tags(30))).tags.as_slice().len(), 30);
    refused_as(&with(pointer, tags(31)), "RESOURCE_TAGS_EXCEEDS_MAXIMUM_COUNT");
}

#[rstest]
#[case::none("/databases", json!([]), "SUBSCRIPTION_MUST_HAVE_AT_LEAST_ONE_DATABASE")]
#[case::null("/databases", json!(null), "SUBSCRIPTION_MUST_HAVE_AT_LEAST_ONE_DATABASE")]
#[case::no_name("/databases/0/name", json!(null), "DATABASE_INVALID_NAME")]
#[case::odd_name("/databases/0/name", json!("1st"), "DATABASE_INVALID_NAME")]
#[case::hyphen_last("/databases/0/name", json!("cart-"), "DATABASE_INVALID_NAME")]
#[case::long_name("/databases/0/name", json!("c".repeat(41)), "DATABASE_NAME_TOO_LONG")]
#[case::same_name("/databases/", json!({ "name": "cart", "datasetSizeInGb": 1 }), "DATABASE_NAME_DUPLICATE")]
#[case::no_size("/databases/0/datasetSizeInGb", json!(null), "DATABASE_SIZE_LIMIT_NOT_DEFINED")]
#[case::small("/databases/0/datasetSizeInGb", json!(0.01), "DATABASE_SIZE_TOO_SMALL")]
#[case::negative("/databases/0/datasetSizeInGb", json!(-1), "DATABASE_SIZE_TOO_SMALL")]
#[case::large("/databases/0/datasetSizeInGb", json!(1e9), "DATABASE_SIZE_TOO_BIG")]
#[case::two_sizes("/databases/0/memoryLimitInGb", json!(1), "DATABASE_SIZE_LIMIT_INVALID_TOO_MANY_MEMORY_SPECIFICATIONS")]
#[case::no_quantity("/databases/0/quantity", json!(0), "DATABASE_INVALID_QUANTITY")]
#[case::many("/databases/0/quantity", json!(101), "DATABASE_INVALID_QUANTITY")]
#[case::half("/databases/0/quantity", json!(1.5), "BAD_REQUEST")]
#[case::port("/databases/0/port", json!(6379), "DATABASE_PORT_INVALID_VALUE")]
#[case::throughput("/databases/0/throughputMeasurement", json!({ "by": "operations-per-second", "value": 0 }), "PLANNER_INVALID_THROUGHPUT")]
#[case::shards("/databases/0/throughputMeasurement", json!({ "by": "number-of-shards", "value": 1000 }), "DATABASE_INVALID_SHARDS_COUNT")]
#[case::half_a_throughput("/databases/0/throughputMeasurement", json!({ "value": 5 }), "PLANNER_INVALID_THROUGHPUT")]
#[case::twice_a_module("/databases/0/modules", json!([{ "name": "x" }, { "name": "x" }]), "DATABASE_MODULE_MUST_BE_DEFINED_ONCE")]
#[case::flash("/databases/0/ramPercentage", json!(20), "DATABASE_RAM_PERCENTAGE_NOT_ALLOWED")]
#[case::protocol("/databases/0/protocol", json!("http"), "BAD_REQUEST")]
#[case::persistence("/databases/0/dataPersistence", json!("sometimes"), "BAD_REQUEST")]
#[case::payment("/paymentMethod", json!("cash"), "BAD_REQUEST")]
#[case::gcp("/cloudProviders/0/provider", json!("GCP"), "SUBSCRIPTION_GCP_ALLOW_ONLY_INTERNAL")]
#[case::azure("/cloudProviders/0/provider", json!("AZURE"), "NOT_KNOWN_CLOUD_PROVIDER")]
#[case::two_providers("/cloudProviders/", json!({ "cloudAccountId": 102 }), "MULTIPLE_CLOUD_PROVIDERS_NOT_SUPPORTED")]
#[case::no_region("/cloudProviders/0/regions", json!([]), "BAD_REQUEST")]
#[case::two_regions("/cloudProviders/0/regions/", json!({ "region": "us-east-1", "networking": { "deploymentCIDR": "10.1.0.0/24" } }), "BAD_REQUEST")]
#[case::no_network("/cloudProviders/0/regions/0/networking", json!(null), "SUBSCRIPTION_NETWORKING_MISSING")]
#[case::empty_network("/cloudProviders/0/regions/0/networking", json!({}), "NETWORKING_CIDR_MISSING")]
#[case::half_a_vpc("/cloudProviders/0/regions/0/networking/vpcId", json!("vpc-0125be68"), "NETWORKING_SUBNET_IDS_MISSING")]
#[case::own_key("/persistentStorageEncryptionType", json!("customer-managed-key"), "BAD_REQUEST")]
#[case::dry_run("/dryRun", json!("yes"), "BAD_REQUEST")]
fn bad_input_has_its_own_error(#[case] pointer: &str, #[case] value: Value, #[case] kind: &str) {
    refused_as(&with(pointer, value), kind);
}

#[test]
fn the_operators_own_account_is_refused_and_has_no_network_of_the_customers() {
    let mut body = with("/cloudProviders/0/cloudAccountId", json!(1));
    refused_as(&body, "BAD_REQUEST");
    body["cloudProviders"][0]["regions"][0]["networking"] = json!({ "vpcId": "vpc-0125be68a4625884a" });
    refused_as(&body, "VPC_ID_NOT_ALLOWED_WITH_INTERNAL_CLOUD_ACCOUNT");
}

#[test]
fn three_zones_take_three_subnets() {
    let networking = json!({
        "vpcId": "vpc-0125be68a4625884a",
        "subnetIds": ["subnet-0125be68a4625884a"],
        "securityGroupId": "sg-0125be68a4625884a",
    });
    let mut body = with("/cloudProviders/0/regions/0/networking", networking);
    body["cloudProviders"][0]["regions"][0]["multipleAvailabilityZones"] = json!(true);
    refused_as(&body, "INVALID_NUMBER_OF_SUBNET_IDS");
}

#[test]
fn the_regions_of_one_order_do_not_overlap() {
    let region = json!({ "region": "us-east-1", "networking": { "deploymentCIDR": "10.0.0.0/16" } });
    let mut body = with("/cloudProviders/0/regions/", region);
    body["deploymentType"] = json!("active-active");
    refused_as(&body, "SUBSCRIPTION_INVALID_CIDR");
}

#[track_caller]
fn refused_as(body: &Value, kind: &str) {
    let problems = problems(body);
    let found = serde_json::to_value(Problem::kind_of(&problems)).unwrap();
    assert_eq!(found, json!(kind), "{problems:?}");
}
