//! `GET /v1/subscriptions/{id}/databases`: databases that are planned. Berth runs none yet, and none is shown as
//! if it ran.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use berth_domain::{
    ids::SubscriptionId,
    subscription::{
        Subscription,
        database::{DatabaseSize, Gigabytes, PlannedDatabase, ThroughputUnit},
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    path_id::Id,
    query::Parameters,
    state::Api,
};

/// How many are listed where nothing is said.
const PAGE: u64 = 100;

/// The databases of one of an account's subscriptions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Databases {
    /// The account.
    #[schema(example = 1)]
    account_id: i32,
    /// The subscription, once.
    // Clients look for the one entry with the id they asked for.
    subscription: [DatabasesOfSubscription; 1],
    /// Related: the list itself.
    links: Vec<Link>,
}

/// The databases of a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabasesOfSubscription {
    /// The subscription.
    #[schema(example = 1)]
    subscription_id: i32,
    /// How many databases there are in this answer.
    #[schema(example = 1)]
    number_of_databases: usize,
    /// The databases, by id.
    databases: Vec<DatabaseView>,
}

/// A database that is planned, and not running: its status is `draft`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Database)]
pub(crate) struct DatabaseView {
    /// Its id.
    #[schema(example = 1)]
    database_id: i32,
    /// Its name.
    #[schema(example = "cart")]
    name: String,
    /// Its protocol.
    #[schema(example = "redis")]
    protocol: &'static str,
    /// The provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// The region; the first, where there are several.
    #[schema(example = "eu-west-1")]
    region: String,
    /// Where it stands: `draft`, because Berth runs no databases yet.
    #[schema(example = "draft")]
    status: &'static str,
    /// The data it is to hold, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.5, nullable = false)]
    dataset_size_in_gb: Option<f64>,
    /// All its memory, in GB, replication included.
    #[schema(example = 3.0)]
    memory_limit_in_gb: f64,
    /// What it is stored in.
    #[schema(example = "ram")]
    memory_storage: &'static str,
    /// Whether it is to have a replica.
    replication: bool,
    /// How it is to be persisted.
    #[schema(value_type = String, example = "none")]
    data_persistence: Value,
    /// What is to go when it is full.
    #[schema(example = "volatile-lru")]
    data_eviction_policy: &'static str,
    /// Whether clients may use the cluster protocol.
    #[schema(value_type = bool)]
    #[serde(rename = "supportOSSClusterApi")]
    support_oss_cluster_api: Value,
    /// How much it has to do.
    throughput_measurement: ThroughputView,
    /// Its modules.
    #[schema(value_type = Vec<Object>)]
    modules: Value,
    /// How clients are to be let in.
    security: SecurityView,
    /// How its keys are to be spread over shards.
    clustering: ClusteringView,
    /// Its backups: none.
    backup: BackupView,
    /// Its alerts: none.
    #[schema(value_type = Vec<Object>)]
    alerts: [(); 0],
    /// Related: its subscription.
    links: Vec<Link>,
}

/// How much a database has to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Throughput)]
pub(crate) struct ThroughputView {
    /// Counted in what.
    #[schema(example = "operations-per-second")]
    by: &'static str,
    /// How many.
    #[schema(example = 1000)]
    value: u64,
}

/// How clients are to be let in to a database.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DatabaseSecurity)]
pub(crate) struct SecurityView {
    enable_default_user: bool,
    enable_tls: bool,
    tls_client_authentication: bool,
    source_ips: Vec<&'static str>,
}

/// How a database's keys are to be spread over shards.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DatabaseClustering)]
pub(crate) struct ClusteringView {
    number_of_shards: u64,
    regex_rules: Vec<RegexRule>,
    hashing_policy: &'static str,
}

/// Which part of a key chooses its shard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegexRule {
    /// Its place among the rules, from 0.
    ordinal: u8,
    /// The pattern, with a group named `tag`.
    pattern: &'static str,
}

/// How a database is to be backed up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DatabaseBackup)]
pub(crate) struct BackupView {
    enable_remote_backup: bool,
}

impl DatabaseView {
    fn new(database: PlannedDatabase, subscription: &Subscription, origin: &Origin) -> Self {
        let PlannedDatabase { id, name, order } = database;
        let detail = |field: &str, default: Value| order.details.get(field).cloned().unwrap_or(default);
        let (dataset, limit) = match order.size {
            DatabaseSize::Dataset(Gigabytes(size)) => {
                (Some(size), if order.replication { size * 2.0 } else { size })
            }
            DatabaseSize::MemoryLimit(Gigabytes(size)) => (None, size),
        };
        let shards = match order.throughput.by {
            ThroughputUnit::NumberOfShards => order.throughput.value,
            ThroughputUnit::OperationsPerSecond => 1,
        };
        Self {
            database_id: id.0,
            name,
            protocol: order.protocol.as_str(),
            provider: "AWS",
            region: subscription.regions.first().cloned().unwrap_or_default(),
            status: "draft",
            dataset_size_in_gb: dataset,
            memory_limit_in_gb: limit,
            memory_storage: subscription.memory_storage().as_str(),
            replication: order.replication,
            data_persistence: detail("dataPersistence", json!("none")),
            data_eviction_policy: "volatile-lru",
            support_oss_cluster_api: detail("supportOSSClusterApi", json!(false)),
            throughput_measurement: ThroughputView {
                by: order.throughput.by.as_str(),
                value: order.throughput.value,
            },
            modules: detail("modules", json!([])),
            security: SecurityView {
                enable_default_user: true,
                enable_tls: false,
                tls_client_authentication: false,
                source_ips: vec!["0.0.0.0/0"],
            },
            clustering: ClusteringView {
                number_of_shards: shards,
                regex_rules: vec![
                    RegexRule { ordinal: 0, pattern: r".*\{(?<tag>.*)\}.*" },
                    RegexRule { ordinal: 1, pattern: "(?<tag>.*)" },
                ],
                hashing_policy: "standard",
            },
            backup: BackupView { enable_remote_backup: false },
            alerts: [],
            links: vec![origin.link("subscription", format_args!("/v1/subscriptions/{}", subscription.id))],
        }
    }
}

/// List a subscription's databases
///
/// Those that are planned. Berth runs no databases yet: each is a `draft`.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}/databases",
    tag = "Subscriptions",
    params(
        ("id" = i32, Path, description = "The subscription's id."),
        ("offset" = Option<i32>, Query, description = "How many to skip.", minimum = 0),
        ("limit" = Option<i32>, Query, description = "How many at most; 100 by default.", minimum = 1,
            maximum = 1000)
    ),
    responses(
        (status = 200, description = "The databases.", body = Databases),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn list_databases(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    mut parameters: Parameters,
    origin: Origin,
) -> Result<Json<Databases>, Failure> {
    let offset =
        parameters.integer("offset", 0..=i32::MAX).map_or(0, |offset| u64::from(offset.unsigned_abs()));
    let limit =
        parameters.integer("limit", 1..=1_000).map_or(PAGE, |limit| u64::from(limit.unsigned_abs()));
    parameters.finish()?;
    let by = &caller.principal;
    let subscription = api.control.view_subscription(by, id).await?;
    let page = Page { offset, limit: Some(limit) };
    let databases = api.control.list_planned_databases(by, id, page).await?;
    let databases: Vec<_> =
        databases.into_iter().map(|one| DatabaseView::new(one, &subscription, &origin)).collect();
    Ok(Json(Databases {
        account_id: by.account_id.0,
        subscription: [DatabasesOfSubscription {
            subscription_id: id.0,
            number_of_databases: databases.len(),
            databases,
        }],
        links: vec![origin.link("self", format_args!("/v1/subscriptions/{id}/databases"))],
    }))
}

#[cfg(test)]
mod tests {
    use berth_domain::ids::DatabaseId;

    use super::*;

    #[test]
    fn a_planned_database_is_a_draft_with_everything_clients_look_into() {
        let subscription = super::super::sample();
        let order = subscription.terms.pro().unwrap().order.databases[0].clone();
        let database = PlannedDatabase { id: DatabaseId(7), name: "cart".into(), order };
        let view = DatabaseView::new(database, &subscription, &Origin::sample());
        insta::assert_json_snapshot!(view, @r#"
        {
          "databaseId": 7,
          "name": "cart",
          "protocol": "redis",
          "provider": "AWS",
          "region": "eu-west-1",
          "status": "draft",
          "datasetSizeInGb": 1.5,
          "memoryLimitInGb": 3.0,
          "memoryStorage": "ram",
          "replication": true,
          "dataPersistence": "none",
          "dataEvictionPolicy": "volatile-lru",
          "supportOSSClusterApi": false,
          "throughputMeasurement": {
            "by": "operations-per-second",
            "value": 10000
          },
          "modules": [],
          "security": {
            "enableDefaultUser": true,
            "enableTls": false,
            "tlsClientAuthentication": false,
            "sourceIps": [
              "0.0.0.0/0"
            ]
          },
          "clustering": {
            "numberOfShards": 1,
            "regexRules": [
              {
                "ordinal": 0,
                "pattern": ".*\\{(?<tag>.*)\\}.*"
              },
              {
                "ordinal": 1,
                "pattern": "(?<tag>.*)"
              }
            ],
            "hashingPolicy": "standard"
          },
          "backup": {
            "enableRemoteBackup": false
          },
          "alerts": [],
          "links": [
            {
              "rel": "subscription",
              "href": "http://127.0.0.1:8080/v1/subscriptions/1",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
