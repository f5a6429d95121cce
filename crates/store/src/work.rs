//! The work queue: one row for each thing that is worked on again and again, by one process at a time.
//!
//! Who may work on it, and until when, is told by a lease. All times of this table are the database's, so that a
//! process whose clock is wrong takes nothing from others and holds nothing up: callers say after how long a row is
//! due. What is written under a lease is written in a transaction that holds or settles the row; who lost the lease
//! finds that out there and writes nothing.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Value};
use serde_json::json;

use crate::{
    Error, Store,
    rows::{OrCorrupt, statement},
};

/// How long a lease lasts from its claim or its last renewal on: what a killed process had in hand is taken up again
/// after this.
pub const LEASE: Duration = Duration::from_secs(15);

/// What kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account's tasks, one after the other. The key is the account's id.
    Tasks,
    /// The next verification of a cloud account. The key is its id, the lane its AWS account.
    Checks,
    /// The deliveries to an endpoint. The key is the webhook's id.
    Webhooks,
    /// A rotation. The key is its id.
    Rotations,
    /// The deployments at a site. The key is account, AWS account and region.
    Sites,
    /// How the nodes at a site do. The key as for [`Self::Sites`].
    Readings,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 6] =
        [Self::Tasks, Self::Checks, Self::Webhooks, Self::Rotations, Self::Sites, Self::Readings];

    /// The name in the database and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Checks => "checks",
            Self::Webhooks => "webhooks",
            Self::Rotations => "rotations",
            Self::Sites => "sites",
            Self::Readings => "readings",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The right to work on one row until a time.
#[derive(Clone, Debug)]
pub struct Lease {
    kind: Kind,
    key: Arc<str>,
    owner: Arc<str>,
    generation: i32,
    attempts: i32,
    wanted: i32,
    /// How far the claimer's clock was set ahead on purpose, in microseconds.
    ahead: i64,
    deadline: Deadline,
}

/// Until when a lease lasts for certain, on a clock that only goes forward and counts time asleep. Read before the
/// database was asked, so that it never outlasts the lease there.
#[derive(Clone, Debug)]
struct Deadline(Arc<AtomicU64>);

impl Deadline {
    fn after(lasting: Duration, from: Duration) -> Self {
        Self(Arc::new(AtomicU64::new(nanos(from + lasting))))
    }

    fn left(&self) -> Duration {
        let until = Duration::from_nanos(self.0.load(Ordering::Acquire));
        until.saturating_sub(since_boot())
    }
}

/// The time since the machine started, the time asleep included.
fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(time.tv_sec.unsigned_abs(), nanos)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Lease {
    /// What kind of work it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which row it is for.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How often the row was taken up since it was settled last, this time included.
    pub fn attempts(&self) -> i32 {
        self.attempts
    }

    /// Whether its time is over as far as this process knows. It may have been taken away before that.
    pub fn is_over(&self) -> bool {
        self.deadline.left().is_zero()
    }

    /// Whether a call that changes something and lasts this long at most would still end within the lease.
    pub fn may_change(&self, call_timeout: Duration) -> bool {
        self.deadline.left() > call_timeout
    }

    /// Tells this claim from every other one, of this row or another.
    pub fn is(&self, other: &Self) -> bool {
        (self.kind, &self.key, &self.owner, self.generation)
            == (other.kind, &other.key, &other.owner, other.generation)
    }

    pub(crate) fn values(&self) -> [Value; 4] {
        [self.kind.as_str().into(), (&*self.key).into(), (&*self.owner).into(), self.generation.into()]
    }
}

/// What becomes of a row that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It goes.
    Done,
    /// It stays until it is called for.
    Rest,
    /// It is due again after this.
    Again(SignedDuration),
}

/// How many times a row was taken up, from now on.
#[derive(Clone, Copy)]
enum Attempts {
    /// None: it went well.
    Forget,
    /// One more, as the claim has it.
    Keep,
    /// As before this time.
    Withdraw,
}

/// The row that a lease is for, as long as it is in force: `$1` to `$4` are [`Lease::values`].
const HELD: &str = "kind = $1 AND key = $2 AND owner = $3 AND generation = $4";

impl Store {
    /// Takes what is due and nobody works on, in one round trip: of each kind as many rows as `slots` says, those first
    /// that are due for longest. `owner` names this claim and no other. `ahead` is how far the claimer's clock was set
    /// ahead on purpose.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "claim_work"))]
    pub async fn claim_work(
        &self,
        owner: &str,
        slots: &[(Kind, usize)],
        ahead: SignedDuration,
    ) -> Result<Vec<Lease>, Error> {
        let ahead = micros(ahead);
        let free = |kind| slots.iter().find(|(of, _)| *of == kind).map_or(0, |(_, free)| *free);
        let mut values: Vec<Value> = vec![ahead.into()];
        values.extend(Kind::ALL.map(|kind| Value::from(i64::try_from(free(kind)).unwrap_or(i64::MAX))));
        if !self.is_postgres() {
            // Whoever writes to SQLite keeps others from writing: an idle server only reads.
            let sql = format!("WITH {} {}", clock(&self.reader), due(""));
            let found = self.reader.query_all_raw(statement(&self.reader, &sql, values.clone())).await?;
            if found.is_empty() {
                return Ok(Vec::new());
            }
        }
        let lock = if self.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "WITH {}, free AS MATERIALIZED ({}) \
             UPDATE work SET owner = $8, lease_until = (SELECT now FROM clock) + $9, \
                 generation = generation + 1, attempts = attempts + 1 \
             FROM free WHERE work.kind = free.kind AND work.key = free.key \
             RETURNING work.kind, work.key, work.generation, work.attempts, work.wanted",
            clock(&self.writer),
            due(lock),
        );
        values.extend([owner.into(), lasting(LEASE).into()]);
        let from = since_boot();
        let statement = statement(&self.writer, &sql, values);
        let rows = match self.is_postgres() {
            true => self.looks.query_all(&self.writer, statement).await?,
            false => self.writer.query_all_raw(statement).await?,
        };
        let owner: Arc<str> = owner.into();
        let claimed = |row| read(row, &owner, ahead, Deadline::after(LEASE, from));
        rows.iter().map(claimed).collect()
    }

    /// Prolongs leases, all in one statement, and gives those that are lost: taken by others, or over. What a
    /// transaction is writing to just now is left as it is until the next time.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "renew_work"))]
    pub async fn renew_work(&self, leases: &[Lease]) -> Result<Vec<Lease>, Error> {
        let (over, in_force): (Vec<&Lease>, Vec<&Lease>) = leases.iter().partition(|it| it.is_over());
        let mut lost: Vec<Lease> = over.into_iter().cloned().collect();
        if in_force.is_empty() {
            return Ok(lost);
        }
        let hand = |it: &&Lease| json!({ "kind": it.kind.as_str(), "key": *it.key, "owner": *it.owner, "generation": it.generation });
        let hand = serde_json::Value::Array(in_force.iter().map(hand).collect()).to_string();
        let sql = if self.is_postgres() { renew_postgres() } else { renew_sqlite() };
        let from = since_boot();
        let values = [hand.into(), lasting(LEASE).into()];
        let rows = self.writer.query_all_raw(statement(&self.writer, &sql, values)).await?;
        let mut held = Vec::with_capacity(rows.len());
        for row in &rows {
            let (kind, key, owner): (String, String, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            held.push((kind, key, owner, row.try_get_by_index::<bool>(3)?));
        }
        for lease in in_force {
            let same = |(kind, key, owner, _): &&(String, String, String, bool)| {
                (kind.as_str(), key.as_str(), owner.as_str())
                    == (lease.kind.as_str(), &*lease.key, &*lease.owner)
            };
            match held.iter().find(same) {
                Some((.., true)) => lease.deadline.0.store(nanos(from + LEASE), Ordering::Release),
                Some((.., false)) => {}
                None => lost.push(lease.clone()),
            }
        }
        Ok(lost)
    }

    /// Gives a row back; at once due, whatever `then` says, when it was called for meanwhile.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "settle_work"))]
    pub async fn settle_work(&self, lease: &Lease, then: Then) -> Result<(), Error> {
        settle(&self.writer, lease, then).await
    }

    /// Gives a row back of which nothing came, to be tried again after a pause: once more is counted.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "retry_work"))]
    pub async fn retry_work(&self, lease: &Lease, pause: SignedDuration) -> Result<(), Error> {
        put_back(&self.writer, lease, Some(pause), Attempts::Keep).await
    }

    /// Gives a row back as it was before it was claimed: due at once, and that it was taken up counts for nothing.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "release_work"))]
    pub async fn release_work(&self, lease: &Lease) -> Result<(), Error> {
        release(&self.writer, lease).await
    }
}

/// The database's time, in microseconds since 1970-01-01T00:00:00Z.
pub(crate) fn now(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        _ => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    }
}

/// The time is read once in a statement, so that an index finds what is due.
fn clock(db: &impl ConnectionTrait) -> String {
    format!("clock AS MATERIALIZED (SELECT {} AS now)", now(db))
}

/// What is due and free: `$1` is how far the clock is set ahead, `$2` to `$7` how many of each kind.
fn due(lock: &str) -> String {
    let of = |(number, kind): (usize, Kind)| {
        // Of a lane's rows the first one that is due is the only one: whoever looks at the same time skips the rows
        // that others lock, and must not find the next one instead.
        let lane = match kind {
            Kind::Checks => {
                "AND (w.lane IS NULL OR NOT EXISTS (SELECT 1 FROM work o \
                     WHERE o.kind = w.kind AND o.lane = w.lane AND o.key <> w.key \
                     AND (o.lease_until > (SELECT now FROM clock) \
                         OR (o.due_at <= (SELECT now FROM clock) + $1 AND (o.due_at, o.key) < (w.due_at, w.key))))) "
            }
            _ => "",
        };
        format!(
            "SELECT kind, key FROM (SELECT w.kind, w.key FROM work w \
             WHERE w.kind = '{kind}' AND w.due_at <= (SELECT now FROM clock) + $1 \
             AND (w.lease_until IS NULL OR w.lease_until <= (SELECT now FROM clock)) {lane}\
             ORDER BY w.due_at, w.key LIMIT ${number}{lock}) of_{kind}"
        )
    };
    (2..).zip(Kind::ALL).map(of).collect::<Vec<_>>().join(" UNION ALL ")
}

/// A transaction may hold one row and wait for another that this has renewed: so this waits for no row.
fn renew_postgres() -> String {
    const MINE: &str = "w.kind = h.kind AND w.key = h.key AND w.owner = h.owner AND w.generation = h.generation \
         AND w.lease_until > (SELECT now FROM clock)";
    format!(
        "WITH clock AS MATERIALIZED (SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now), \
         hand AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST($1 AS jsonb)) \
             AS h(kind text, key text, owner text, generation int)), \
         held AS MATERIALIZED (SELECT w.kind, w.key, w.owner FROM work w JOIN hand h ON {MINE}), \
         free AS MATERIALIZED (SELECT w.kind, w.key FROM work w JOIN hand h ON {MINE} FOR UPDATE OF w SKIP LOCKED), \
         renewed AS (UPDATE work SET lease_until = (SELECT now FROM clock) + $2 FROM free \
             WHERE work.kind = free.kind AND work.key = free.key RETURNING work.kind, work.key) \
         SELECT held.kind, held.key, held.owner, renewed.key IS NOT NULL FROM held \
         LEFT JOIN renewed ON renewed.kind = held.kind AND renewed.key = held.key"
    )
}

fn renew_sqlite() -> String {
    "WITH clock AS MATERIALIZED (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now) \
     UPDATE work SET lease_until = (SELECT now FROM clock) + $2 \
     WHERE lease_until > (SELECT now FROM clock) AND (kind, key, owner, generation) IN \
         (SELECT value->>'kind', value->>'key', value->>'owner', value->>'generation' FROM json_each($1)) \
     RETURNING kind, key, owner, TRUE"
        .to_owned()
}

fn read(row: &QueryResult, owner: &Arc<str>, ahead: i64, deadline: Deadline) -> Result<Lease, Error> {
    let (kind, key): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(Lease {
        kind: Kind::parse(&kind).or_corrupt(|| format!("work of kind {kind}"))?,
        key: key.into(),
        owner: owner.clone(),
        generation: row.try_get_by_index(2)?,
        attempts: row.try_get_by_index(3)?,
        wanted: row.try_get_by_index(4)?,
        ahead,
        deadline,
    })
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn lasting(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Fails with [`Error::LostLease`] unless the lease is still held; holds the row until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, lease: &Lease) -> Result<(), Error> {
    let sql = format!("UPDATE work SET generation = generation WHERE {HELD}");
    let done = tx.execute_raw(statement(tx, &sql, lease.values())).await?;
    if done.rows_affected() == 0 { Err(Error::LostLease) } else { Ok(()) }
}

/// Gives a row back in the transaction that writes what came of it. Fails with [`Error::LostLease`] when it is held no
/// more.
pub(crate) async fn settle(db: &impl ConnectionTrait, lease: &Lease, then: Then) -> Result<(), Error> {
    match then {
        Then::Rest => put_back(db, lease, None, Attempts::Forget).await,
        Then::Again(delay) => put_back(db, lease, Some(delay), Attempts::Forget).await,
        Then::Done => {
            let sql = format!("DELETE FROM work WHERE {HELD} AND wanted = $5");
            let values = lease.values().into_iter().chain([lease.wanted.into()]);
            match db.execute_raw(statement(db, &sql, values)).await?.rows_affected() {
                // It was called for meanwhile, or the lease is lost.
                0 => put_back(db, lease, None, Attempts::Forget).await,
                _ => Ok(()),
            }
        }
    }
}

/// [`Store::release_work`], in a transaction.
pub(crate) async fn release(db: &impl ConnectionTrait, lease: &Lease) -> Result<(), Error> {
    put_back(db, lease, Some(SignedDuration::ZERO), Attempts::Withdraw).await
}

async fn put_back(
    db: &impl ConnectionTrait,
    lease: &Lease,
    delay: Option<SignedDuration>,
    attempts: Attempts,
) -> Result<(), Error> {
    let attempts = match attempts {
        Attempts::Forget => "0",
        Attempts::Keep => "attempts",
        Attempts::Withdraw => "attempts - 1",
    };
    // What was called for while it was in hand was due before that, and still is.
    let sql = format!(
        "UPDATE work SET owner = NULL, lease_until = NULL, attempts = {attempts}, \
         due_at = CASE WHEN wanted = $5 THEN {} + CAST($6 AS BIGINT) ELSE due_at END WHERE {HELD}",
        now(db)
    );
    let delay = delay.map(|delay| micros(delay.max(SignedDuration::ZERO)).saturating_add(lease.ahead));
    let values = lease.values().into_iter().chain([lease.wanted.into(), delay.into()]);
    let done = db.execute_raw(statement(db, &sql, values)).await?;
    if done.rows_affected() == 0 { Err(Error::LostLease) } else { Ok(()) }
}

/// Calls for a row, in the transaction that gives it something to do: it is due after this, or when it was due
/// before. Who has it in hand keeps it, and leaves it due.
pub(crate) async fn call(
    tx: &DatabaseTransaction,
    kind: Kind,
    key: &str,
    delay: SignedDuration,
) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO work (kind, key, due_at, generation, attempts, wanted) VALUES ($1, $2, {} + $3, 0, 0, 1) {}",
        now(tx),
        called()
    );
    let values = [kind.as_str().into(), key.into(), micros(delay.max(SignedDuration::ZERO)).into()];
    tx.execute_raw(statement(tx, &sql, values)).await?;
    Ok(())
}

/// Calls for all rows that a query finds, which gives their keys in a column `key` and is given these values.
pub(crate) async fn call_all(
    tx: &DatabaseTransaction,
    kind: Kind,
    keys: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<(), Error> {
    // Everybody who locks several rows locks them in one order.
    let sql = format!(
        "INSERT INTO work (kind, key, due_at, generation, attempts, wanted) \
         SELECT '{kind}', called.key, {}, 0, 0, 1 FROM ({keys}) called WHERE TRUE ORDER BY called.key {}",
        now(tx),
        called()
    );
    tx.execute_raw(statement(tx, &sql, values)).await?;
    Ok(())
}

fn called() -> &'static str {
    "ON CONFLICT (kind, key) DO UPDATE SET wanted = work.wanted + 1, \
         due_at = CASE WHEN work.due_at < excluded.due_at THEN work.due_at ELSE excluded.due_at END"
}

/// Plans a row anew, whoever has it in hand: who has it can write nothing more. It rests without a delay.
pub(crate) async fn plan(
    tx: &DatabaseTransaction,
    kind: Kind,
    (key, lane): (&str, Option<&str>),
    delay: Option<SignedDuration>,
) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO work (kind, key, lane, due_at, generation, attempts, wanted) \
         VALUES ($1, $2, $3, {} + CAST($4 AS BIGINT), 0, 0, 1) \
         ON CONFLICT (kind, key) DO UPDATE SET lane = excluded.lane, due_at = excluded.due_at, owner = NULL, \
             lease_until = NULL, generation = work.generation + 1, attempts = 0, wanted = work.wanted + 1",
        now(tx)
    );
    let delay = delay.map(|delay| micros(delay.max(SignedDuration::ZERO)));
    let values = [kind.as_str().into(), key.into(), lane.map(str::to_owned).into(), delay.into()];
    tx.execute_raw(statement(tx, &sql, values)).await?;
    Ok(())
}

/// That a row rests, or is due later than `$2` from now.
fn beyond(db: &impl ConnectionTrait) -> String {
    format!("(due_at IS NULL OR due_at > (SELECT {}) + $2)", now(db))
}

/// The keys of a kind that rest, or are due later than `horizon` from now; some of them.
pub(crate) async fn unplanned(
    db: &impl ConnectionTrait,
    kind: Kind,
    horizon: SignedDuration,
    limit: u64,
) -> Result<Vec<String>, Error> {
    let sql = format!("SELECT key FROM work WHERE kind = $1 AND {} ORDER BY key LIMIT $3", beyond(db));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [kind.as_str().into(), micros(horizon).into(), limit.into()];
    let rows = db.query_all_raw(statement(db, &sql, values)).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Plans a row that is as [`unplanned`] finds it still.
pub(crate) async fn plan_unplanned(
    tx: &DatabaseTransaction,
    kind: Kind,
    key: &str,
    horizon: SignedDuration,
    delay: SignedDuration,
) -> Result<(), Error> {
    let sql = format!(
        "UPDATE work SET due_at = {} + $4 WHERE kind = $1 AND key = $3 AND {}",
        now(tx),
        beyond(tx)
    );
    let delay = micros(delay.max(SignedDuration::ZERO));
    let values = [kind.as_str().into(), micros(horizon).into(), key.into(), delay.into()];
    tx.execute_raw(statement(tx, &sql, values)).await?;
    Ok(())
}

/// Takes a row from whoever has it in hand, who can write nothing more. When it is due stays.
pub(crate) async fn take_away(tx: &DatabaseTransaction, kind: Kind, key: &str) -> Result<(), Error> {
    let sql = "UPDATE work SET owner = NULL, lease_until = NULL, generation = generation + 1 \
         WHERE kind = $1 AND key = $2";
    tx.execute_raw(statement(tx, sql, [kind.as_str().into(), key.into()])).await?;
    Ok(())
}

/// Takes a row for `owner`, whoever has it, for so long: no such lease is renewed. When it is due stays.
pub(crate) async fn seize(
    db: &impl ConnectionTrait,
    owner: &str,
    kind: Kind,
    (key, lane): (&str, &str),
    duration: Duration,
) -> Result<Lease, Error> {
    let now = now(db);
    let sql = format!(
        "INSERT INTO work (kind, key, lane, due_at, owner, lease_until, generation, attempts, wanted) \
         VALUES ($1, $2, $3, {now}, $4, {now} + $5, 1, 1, 0) \
         ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until, \
             generation = work.generation + 1, attempts = 1 \
         RETURNING kind, key, generation, attempts, wanted"
    );
    let from = since_boot();
    let values = [kind.as_str().into(), key.into(), lane.into(), owner.into(), lasting(duration).into()];
    let row = db.query_one_raw(statement(db, &sql, values)).await?;
    let row = row.or_corrupt(|| format!("{kind} {key} of the work queue"))?;
    read(&row, &owner.into(), 0, Deadline::after(duration, from))
}

/// Removes a row, whoever has it in hand.
pub(crate) async fn remove(tx: &DatabaseTransaction, kind: Kind, key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM work WHERE kind = $1 AND key = $2";
    tx.execute_raw(statement(tx, sql, [kind.as_str().into(), key.into()])).await?;
    Ok(())
}
