//! What a database can be made of: `GET /v1/database-modules`, `GET /v1/data-persistence`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
};

/// The modules there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatabaseModules {
    /// None: Berth runs no databases yet.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    modules: [(); 0],
    /// Related: the list itself.
    links: Vec<Link>,
}

/// The ways to persist a database.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataPersistence {
    /// The ways.
    data_persistence: Vec<PersistenceOption>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// A way to persist a database.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersistenceOption {
    /// Its name in requests.
    #[schema(example = "aof-every-1-second")]
    name: &'static str,
    /// What it does.
    description: &'static str,
}

const PERSISTENCE: [(&str, &str); 6] = [
    ("none", "Nothing is written to disk."),
    ("aof-every-1-second", "Every change is appended to a file, written to disk once a second."),
    ("aof-every-write", "Every change is appended to a file, written to disk at once."),
    ("snapshot-every-1-hour", "Everything is written to disk every hour."),
    ("snapshot-every-6-hours", "Everything is written to disk every 6 hours."),
    ("snapshot-every-12-hours", "Everything is written to disk every 12 hours."),
];

/// List modules
///
/// There are none: Berth builds what databases will run on, and runs none yet.
#[utoipa::path(
    get,
    path = "/v1/database-modules",
    tag = "Account",
    responses((status = 200, description = "The modules.", body = DatabaseModules))
)]
pub(crate) async fn list_database_modules(
    _caller: Caller<Read>,
    origin: Origin,
) -> Result<Json<DatabaseModules>, Failure> {
    Ok(Json(DatabaseModules { modules: [], links: vec![origin.link("self", "/v1/database-modules")] }))
}

/// List ways to persist a database
///
/// What a planned database can ask for.
#[utoipa::path(
    get,
    path = "/v1/data-persistence",
    tag = "Account",
    responses((status = 200, description = "The ways.", body = DataPersistence))
)]
pub(crate) async fn list_data_persistence(
    _caller: Caller<Read>,
    origin: Origin,
) -> Result<Json<DataPersistence>, Failure> {
    let options =
        PERSISTENCE.into_iter().map(|(name, description)| PersistenceOption { name, description });
    let links = vec![origin.link("self", "/v1/data-persistence")];
    Ok(Json(DataPersistence { data_persistence: options.collect(), links }))
}
