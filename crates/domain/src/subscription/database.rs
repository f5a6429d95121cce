//! Databases as they are ordered: what sizes a deployment. Berth runs none of them yet.

use std::{collections::HashSet, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ids::DatabaseId,
    reading::{Object, Reading},
    task::ErrorType,
    values::Invalid,
};

/// The longest name, in characters.
const LONGEST_NAME: usize = 40;
/// The smallest and the largest database, in GB. The latter is more than a deployment can hold.
const SIZES: std::ops::RangeInclusive<f64> = 0.1..=10_000.0;
/// How many databases an order may ask for in all.
const MOST_DATABASES: i64 = 100;
/// The ports that may be chosen.
const PORTS: std::ops::RangeInclusive<i64> = 10_000..=19_999;
/// The largest throughput, in operations per second.
const MOST_OPERATIONS: i64 = 100_000_000;
/// The largest number of shards of one database.
const MOST_SHARDS: i64 = 512;
/// What a database gets when nothing is said of its throughput, in operations per second.
const DEFAULT_OPERATIONS: u64 = 1_000;

/// Which protocol clients speak to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Redis.
    Redis,
    /// Memcached.
    Memcached,
}

impl Protocol {
    const CHOICES: [(&'static str, Self); 2] = [("redis", Self::Redis), ("memcached", Self::Memcached)];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Memcached => "memcached",
        }
    }
}

/// An amount of memory in GB, 0.1 or more.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gigabytes(pub f64);

impl fmt::Display for Gigabytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GB", self.0)
    }
}

/// How large a database is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseSize {
    /// The data; replication comes on top.
    Dataset(Gigabytes),
    /// The data with its replica and all other overhead.
    MemoryLimit(Gigabytes),
}

/// What a throughput is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThroughputUnit {
    /// Operations per second.
    OperationsPerSecond,
    /// Master shards.
    NumberOfShards,
}

impl ThroughputUnit {
    const CHOICES: [(&'static str, Self); 2] =
        [("operations-per-second", Self::OperationsPerSecond), ("number-of-shards", Self::NumberOfShards)];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OperationsPerSecond => "operations-per-second",
            Self::NumberOfShards => "number-of-shards",
        }
    }
}

/// How much a database has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throughput {
    /// Counted in what.
    pub by: ThroughputUnit,
    /// How many, at least 1.
    pub value: u64,
}

/// What a database does in one region of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalThroughput {
    /// The region's code.
    pub region: String,
    /// Reads and writes together, in operations per second.
    pub operations: u64,
}

/// Databases as they were ordered: one, or several alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseOrder {
    /// The name; with a number behind it when there are several.
    pub name: String,
    /// The protocol.
    pub protocol: Protocol,
    /// How large each is.
    pub size: DatabaseSize,
    /// Whether each has a replica.
    pub replication: bool,
    /// How much each has to do, in every region that `local_throughput` does not name.
    pub throughput: Throughput,
    /// How much each has to do in regions of an order for several.
    pub local_throughput: Vec<LocalThroughput>,
    /// How many there are, at least 1.
    pub quantity: u32,
    /// The share of the data that is in RAM, in per cent, where the rest is on flash.
    pub ram_percentage: Option<u8>,
    /// Everything as it was sent, to show it.
    pub details: Map<String, Value>,
}

impl DatabaseOrder {
    /// The names of the databases this orders.
    pub fn names(&self) -> Vec<String> {
        match self.quantity {
            1 => vec![self.name.clone()],
            several => (1..=several).map(|number| format!("{}-{number}", self.name)).collect(),
        }
    }
}

/// A database of a subscription that is planned, and not running.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedDatabase {
    /// Its id.
    pub id: DatabaseId,
    /// Its name, unique in its subscription.
    pub name: String,
    /// How it was ordered.
    pub order: DatabaseOrder,
}

/// What databases are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryStorage {
    /// RAM alone.
    Ram,
    /// RAM, and flash for what is used less.
    RamAndFlash,
}

impl MemoryStorage {
    pub(crate) const CHOICES: [(&'static str, Self); 2] =
        [("ram", Self::Ram), ("ram-and-flash", Self::RamAndFlash)];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ram => "ram",
            Self::RamAndFlash => "ram-and-flash",
        }
    }
}

/// Reads the list `databases` of a create request.
pub(crate) fn read(reading: &mut Reading, body: &Object<'_>, storage: MemoryStorage) -> Vec<DatabaseOrder> {
    let Some(items) = reading.items(body, "databases") else {
        if !body.has("databases") {
            none(reading, "is required and must name at least one database");
        }
        return Vec::new();
    };
    if items.is_empty() {
        none(reading, "must name at least one database");
    }
    let mut databases = Vec::new();
    for (path, item) in items {
        let Some(object) = reading.as_object(path, item) else { continue };
        databases.extend(read_one(reading, &object, storage).map(|database| (object, database)));
    }
    refuse_repeated(reading, &databases);
    let count: i64 = databases.iter().map(|(_, database)| i64::from(database.quantity)).sum();
    if count > MOST_DATABASES {
        let message = format!("may be at most {MOST_DATABASES} in all; these are {count}");
        reading.refuse("databases", ErrorType::DatabaseInvalidQuantity, message);
    }
    databases.into_iter().map(|(_, database)| database).collect()
}

fn none(reading: &mut Reading, message: &str) {
    reading.refuse("databases", ErrorType::SubscriptionMustHaveAtLeastOneDatabase, message);
}

fn read_one(reading: &mut Reading, object: &Object<'_>, storage: MemoryStorage) -> Option<DatabaseOrder> {
    let name = read_name(reading, object);
    let protocol = reading.choice(object, "protocol", &Protocol::CHOICES).unwrap_or(Protocol::Redis);
    let size = read_size(reading, object);
    let replication = reading.flag(object, "replication").unwrap_or(true);
    let throughput = read_throughput(reading, object);
    let local_throughput = read_local_throughput(reading, object);
    let quantity = read_quantity(reading, object);
    let ram_percentage = read_ram_percentage(reading, object, storage);
    read_port(reading, object);
    read_modules(reading, object, protocol);
    for (field, choices) in CHOICES {
        let choices: Vec<_> = choices.iter().map(|choice| (*choice, ())).collect();
        reading.choice(object, field, &choices);
    }
    for field in ["supportOSSClusterApi", "autoMinorVersionUpgrade"] {
        reading.flag(object, field);
    }
    for field in ["redisVersion", "queryPerformanceFactor"] {
        reading.text(object, field);
    }
    reading.whole(object, "averageItemSizeInBytes");
    Some(DatabaseOrder {
        name: name?,
        protocol,
        size: size?,
        replication,
        throughput: throughput?,
        local_throughput,
        quantity: quantity?,
        ram_percentage,
        details: kept(object),
    })
}

/// Fields of which only some values are known, and which size nothing.
const CHOICES: [(&str, &[&str]); 3] = [
    (
        "dataPersistence",
        &[
            "none",
            "aof-every-1-second",
            "aof-every-write",
            "snapshot-every-1-hour",
            "snapshot-every-6-hours",
            "snapshot-every-12-hours",
        ],
    ),
    ("respVersion", &["resp2", "resp3"]),
    ("shardingType", &["default-regex-rules", "custom-regex-rules", "redis-oss-hashing"]),
];

/// What is kept to be shown. Nothing else: a client may send a password.
const KEPT: [&str; 14] = [
    "port",
    "supportOSSClusterApi",
    "dataPersistence",
    "replication",
    "throughputMeasurement",
    "localThroughputMeasurement",
    "modules",
    "averageItemSizeInBytes",
    "ramPercentage",
    "respVersion",
    "redisVersion",
    "autoMinorVersionUpgrade",
    "shardingType",
    "queryPerformanceFactor",
];

fn kept(object: &Object<'_>) -> Map<String, Value> {
    let fields = object.fields().iter();
    fields
        .filter(|(name, value)| KEPT.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn read_name(reading: &mut Reading, object: &Object<'_>) -> Option<String> {
    if !object.has("name") {
        reading.refuse(object.path("name"), ErrorType::DatabaseInvalidName, "is required");
        return None;
    }
    let name = reading.text(object, "name")?;
    match check_name(&name) {
        Ok(()) => Some(name),
        Err((kind, Invalid(message))) => {
            reading.refuse(object.path("name"), kind, message);
            None
        }
    }
}

fn check_name(name: &str) -> Result<(), (ErrorType, Invalid)> {
    if name.chars().count() > LONGEST_NAME {
        let message = format!("must be at most {LONGEST_NAME} characters");
        return Err((ErrorType::DatabaseNameTooLong, Invalid(message)));
    }
    let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if sound {
        return Ok(());
    }
    let message =
        "may have letters, digits and hyphens, begins with a letter and ends with a letter or digit";
    Err((ErrorType::DatabaseInvalidName, Invalid(message.into())))
}

fn read_size(reading: &mut Reading, object: &Object<'_>) -> Option<DatabaseSize> {
    const DATASET: &str = "datasetSizeInGb";
    const LIMIT: &str = "memoryLimitInGb";
    let dataset = read_gigabytes(reading, object, DATASET);
    let limit = read_gigabytes(reading, object, LIMIT);
    match (object.has(DATASET), object.has(LIMIT)) {
        (true, true) => {
            reading.refuse(
                object.path(LIMIT),
                ErrorType::DatabaseSizeLimitInvalidTooManyMemorySpecifications,
                format!("cannot be given together with {DATASET}"),
            );
            None
        }
        (false, false) => {
            reading.refuse(
                object.path(DATASET),
                ErrorType::DatabaseSizeLimitNotDefined,
                "is required: how much data the database holds, in GB",
            );
            None
        }
        _ => dataset.map(DatabaseSize::Dataset).or(limit.map(DatabaseSize::MemoryLimit)),
    }
}

fn read_gigabytes(reading: &mut Reading, object: &Object<'_>, name: &str) -> Option<Gigabytes> {
    let size = reading.number(object, name)?;
    if SIZES.contains(&size) {
        return Some(Gigabytes(size));
    }
    let kind =
        if size > *SIZES.end() { ErrorType::DatabaseSizeTooBig } else { ErrorType::DatabaseSizeTooSmall };
    reading.refuse(
        object.path(name),
        kind,
        format!("must be from {} to {} GB", SIZES.start(), SIZES.end()),
    );
    None
}

fn read_throughput(reading: &mut Reading, object: &Object<'_>) -> Option<Throughput> {
    const NAME: &str = "throughputMeasurement";
    if !object.has(NAME) {
        return Some(Throughput { by: ThroughputUnit::OperationsPerSecond, value: DEFAULT_OPERATIONS });
    }
    let object = reading.object(object, NAME)?;
    for name in ["by", "value"] {
        if !object.has(name) {
            reading.refuse(object.path(name), ErrorType::PlannerInvalidThroughput, "is required");
        }
    }
    let by = reading.choice(&object, "by", &ThroughputUnit::CHOICES);
    let value = reading.whole(&object, "value");
    let (by, value) = (by?, value?);
    let (most, kind) = match by {
        ThroughputUnit::OperationsPerSecond => (MOST_OPERATIONS, ErrorType::PlannerInvalidThroughput),
        ThroughputUnit::NumberOfShards => (MOST_SHARDS, ErrorType::DatabaseInvalidShardsCount),
    };
    match u64::try_from(value) {
        Ok(sound) if (1..=most).contains(&value) => Some(Throughput { by, value: sound }),
        _ => {
            reading.refuse(object.path("value"), kind, format!("must be from 1 to {most}"));
            None
        }
    }
}

fn read_local_throughput(reading: &mut Reading, object: &Object<'_>) -> Vec<LocalThroughput> {
    let items = reading.objects(object, "localThroughputMeasurement").unwrap_or_default();
    let mut found = Vec::new();
    for item in items {
        if !item.has("region") {
            reading.refuse(item.path("region"), ErrorType::BadRequest, "is required");
        }
        let region = reading.text(&item, "region");
        let mut operations = Some(0);
        for name in ["writeOperationsPerSecond", "readOperationsPerSecond"] {
            let value = if item.has(name) { reading.whole(&item, name) } else { Some(1_000) };
            let sound = value.filter(|value| (0..=MOST_OPERATIONS).contains(value));
            if value.is_some() && sound.is_none() {
                let message = format!("must be from 0 to {MOST_OPERATIONS}");
                reading.refuse(item.path(name), ErrorType::PlannerInvalidThroughput, message);
            }
            operations = operations.zip(sound).map(|(sum, value)| sum + value.unsigned_abs());
        }
        found.extend(
            region.zip(operations).map(|(region, operations)| LocalThroughput { region, operations }),
        );
    }
    found
}

fn read_quantity(reading: &mut Reading, object: &Object<'_>) -> Option<u32> {
    if !object.has("quantity") {
        return Some(1);
    }
    let quantity = reading.whole(object, "quantity")?;
    let sound = u32::try_from(quantity).ok().filter(|_| (1..=MOST_DATABASES).contains(&quantity));
    if sound.is_none() {
        let message = format!("must be from 1 to {MOST_DATABASES}");
        reading.refuse(object.path("quantity"), ErrorType::DatabaseInvalidQuantity, message);
    }
    sound
}

fn read_ram_percentage(reading: &mut Reading, object: &Object<'_>, storage: MemoryStorage) -> Option<u8> {
    const NAME: &str = "ramPercentage";
    let percentage = reading.whole(object, NAME)?;
    if storage == MemoryStorage::Ram {
        let message = "is for subscriptions with the memoryStorage ram-and-flash only";
        reading.refuse(object.path(NAME), ErrorType::DatabaseRamPercentageNotAllowed, message);
        return None;
    }
    let sound = u8::try_from(percentage).ok().filter(|share| (10..=50).contains(share) && share % 10 == 0);
    if sound.is_none() {
        let message = "must be 10, 20, 30, 40 or 50";
        reading.refuse(object.path(NAME), ErrorType::DatabaseRamPercentageIsInvalid, message);
    }
    sound
}

fn read_port(reading: &mut Reading, object: &Object<'_>) {
    if let Some(port) = reading.whole(object, "port")
        && !PORTS.contains(&port)
    {
        let message = format!("must be from {} to {}", PORTS.start(), PORTS.end());
        reading.refuse(object.path("port"), ErrorType::DatabasePortInvalidValue, message);
    }
}

fn read_modules(reading: &mut Reading, object: &Object<'_>, protocol: Protocol) {
    let modules = reading.objects(object, "modules").unwrap_or_default();
    if protocol == Protocol::Memcached && !modules.is_empty() {
        let message = "cannot be given for a memcached database";
        reading.refuse(object.path("modules"), ErrorType::DatabaseMemcachedContainsModules, message);
    }
    let mut names = HashSet::new();
    for module in modules {
        if !module.has("name") {
            reading.refuse(module.path("name"), ErrorType::DatabaseInvalidModule, "is required");
        }
        if let Some(name) = reading.text(&module, "name")
            && !names.insert(name)
        {
            let message = "is the name of another module of this database too";
            reading.refuse(module.path("name"), ErrorType::DatabaseModuleMustBeDefinedOnce, message);
        }
    }
}

fn refuse_repeated(reading: &mut Reading, databases: &[(Object<'_>, DatabaseOrder)]) {
    let mut names = HashSet::new();
    let mut ports = HashSet::new();
    for (object, database) in databases {
        for name in database.names() {
            if name.chars().count() > LONGEST_NAME {
                let message =
                    format!("must be shorter: with its number, {name} is over {LONGEST_NAME} characters");
                reading.refuse(object.path("name"), ErrorType::DatabaseNameTooLong, message);
                break;
            }
            if !names.insert(name) {
                let message = "is the name of another database too";
                reading.refuse(object.path("name"), ErrorType::DatabaseNameDuplicate, message);
                break;
            }
        }
        if let Some(port) = database.details.get("port").and_then(Value::as_i64)
            && (!ports.insert(port) || database.quantity > 1)
        {
            let message = "can be the port of one database only";
            reading.refuse(object.path("port"), ErrorType::DatabaseCustomPortNotUnique, message);
        }
    }
}
