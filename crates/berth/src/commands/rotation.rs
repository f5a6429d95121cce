//! `berth cloud-account rotate` and `rotations`.

use std::{fmt::Write, process::ExitCode, time::Duration};

use berth_control::operator::Operator;
use berth_domain::{
    ids::CloudAccountId,
    rotation::{Rotation, RotationState, SeenKey},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::output;

/// How often to look how far a rotation is.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: String,
    cloud_account_id: CloudAccountId,
    state: &'static str,
    status: &'a str,
    needs_attention: bool,
    old_access_key_id: &'a str,
    new_access_key_id: Option<&'a str>,
    keys: &'a [SeenKey],
    originator: &'a str,
    created: Timestamp,
    next: Option<Timestamp>,
    finished: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn new(rotation: &'a Rotation) -> Self {
        Self {
            id: rotation.id.to_string(),
            cloud_account_id: rotation.cloud_account_id,
            state: rotation.state.as_str(),
            status: &rotation.status,
            needs_attention: rotation.needs_attention,
            old_access_key_id: rotation.old_key.as_str(),
            new_access_key_id: rotation.new_key.as_ref().map(|key| key.as_str()),
            keys: &rotation.keys,
            originator: &rotation.originator,
            created: rotation.created_at,
            next: rotation.finished_at.is_none().then_some(rotation.due_at),
            finished: rotation.finished_at,
        }
    }
}

/// Begins a rotation; with `wait`, tells what happens until it has ended.
pub(super) async fn rotate(
    operator: &Operator,
    id: CloudAccountId,
    wait: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut rotation = operator.rotate(id).await?;
    if !wait {
        output::either(json, &Shown::new(&rotation), || {
            format!(
                "Rotation {} has begun. `berth cloud-account rotations {id}` shows how far it is.",
                rotation.id
            )
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut told = 0;
    while rotation.finished_at.is_none() {
        tokio::time::sleep(LOOK).await;
        let found = operator.rotations(id).await?.into_iter().find(|found| found.id == rotation.id);
        rotation = found.unwrap_or(rotation);
        if !json {
            for event in &rotation.history[told..] {
                output::text(&format!("{}  {}", seconds(event.at), event.what))?;
            }
        }
        told = rotation.history.len();
    }
    if json {
        output::json(&Shown::new(&rotation))?;
    }
    let completed = rotation.state == RotationState::Completed;
    Ok(if completed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lists a cloud account's rotations.
pub(super) async fn list(operator: &Operator, id: CloudAccountId, json: bool) -> anyhow::Result<()> {
    let rotations = operator.rotations(id).await?;
    if json {
        return Ok(output::json(&rotations.iter().map(Shown::new).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = rotations
        .iter()
        .map(|rotation| {
            [
                seconds(rotation.created_at),
                rotation.state.as_str().to_owned(),
                rotation.old_key.to_string(),
                rotation.new_key.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                rotation.originator.clone(),
            ]
        })
        .collect();
    let mut text = output::table(["BEGUN", "STATE", "OLD KEY", "NEW KEY", "BY"], &rows);
    if let Some(newest) = rotations.first() {
        writeln!(text, "\n{}", newest.status).expect("writing to a string");
    }
    Ok(output::text(&text)?)
}

/// To the second: nobody reads more.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
