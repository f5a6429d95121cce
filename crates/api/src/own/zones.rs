//! `GET /api/cloud-accounts/{id}/zones`: where in a region nodes can be.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{deployment::inventory::Zone, ids::CloudAccountId, regions::REGIONS};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure, FieldProblem},
    path_id::Id,
    query::Parameters,
    state::Api,
};

/// The availability zones of a region.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Zones {
    /// The zones, by id; local zones are left out.
    zones: Vec<ZoneView>,
}

/// An availability zone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Zone)]
pub(crate) struct ZoneView {
    /// Its id: the same place in every AWS account. An order names this.
    #[schema(example = "euw1-az1")]
    id: String,
    /// Its name in this AWS account.
    #[schema(example = "eu-west-1a")]
    name: String,
    /// Whether it can be used.
    available: bool,
}

impl From<Zone> for ZoneView {
    fn from(Zone { id, name, available }: Zone) -> Self {
        Self { id, name, available }
    }
}

/// List the availability zones of a region
///
/// As the AWS account of a cloud account has them, asked of AWS now: an order that prefers zones names their ids.
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/zones",
    tag = "Cloud accounts",
    params(
        ("id" = i32, Path, description = "The cloud account's id."),
        ("region" = String, Query, description = "The region's code.", example = "eu-west-1",
            pattern = "^[a-z]{2}-[a-z]+-[1-9]$")
    ),
    responses(
        (status = 200, description = "The zones.", body = Zones),
        (status = 400, description = "`region` is missing or no region of AWS's.", body = ErrorBody),
        (status = 403, description = "AWS does not tell with this cloud account's credentials; the description says \
            what to do.", body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 503, description = "AWS could not be asked. Try again in a minute.", body = ErrorBody)
    )
)]
pub(crate) async fn list_zones(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    mut query: Parameters,
) -> Result<Json<Zones>, Failure> {
    let named = query.text("region");
    query.finish()?;
    let Some(region) = REGIONS.iter().find(|region| named.as_deref() == Some(region.name)) else {
        let problem = "must be a region of AWS's, such as eu-west-1: GET /v1/regions lists them";
        return Err(Failure::invalid(vec![FieldProblem::new("region", problem)]));
    };
    let mut zones = api.control.zones(&caller.principal, id, region).await?;
    zones.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Json(Zones { zones: zones.into_iter().map(ZoneView::from).collect() }))
}
