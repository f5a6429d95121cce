//! `GET /v1/regions`

use axum::Json;
use berth_domain::regions::REGIONS;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    query::Parameters,
};

/// The providers that clients may ask for. Berth has regions of the first only.
const PROVIDERS: &[&str] = &["AWS", "GCP", "AZURE"];

/// Where subscriptions can be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Regions {
    /// The regions, by code.
    regions: Vec<RegionView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// A region of a cloud provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Region)]
pub(crate) struct RegionView {
    /// Its number in this API.
    #[schema(example = 27)]
    id: i32,
    /// Its code.
    #[schema(example = "eu-west-1")]
    name: &'static str,
    /// Its provider.
    #[schema(example = "AWS")]
    provider: &'static str,
}

impl Regions {
    fn of(provider: Option<&str>, origin: &Origin) -> Self {
        let asked = provider.is_none_or(|provider| provider == "AWS");
        let regions = REGIONS.iter().filter(|_| asked);
        let regions =
            regions.map(|region| RegionView { id: region.id, name: region.name, provider: "AWS" });
        Self { regions: regions.collect(), links: vec![origin.link("self", "/v1/regions")] }
    }

    fn sample() -> Self {
        let mut sample = Self::of(None, &Origin::sample());
        sample.regions.truncate(2);
        sample
    }
}

/// List regions
///
/// The commercial AWS regions. Berth provisions in AWS only: of other providers there are none.
#[utoipa::path(
    get,
    path = "/v1/regions",
    tag = "Account",
    params(("provider" = inline(Option<Provider>), Query, description = "Only regions of this provider.")),
    responses(
        (status = 200, description = "The regions.", body = Regions, example = json!(Regions::sample())),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody)
    )
)]
pub(crate) async fn list_regions(
    _caller: Caller<Read>,
    mut parameters: Parameters,
    origin: Origin,
) -> Result<Json<Regions>, Failure> {
    let provider = parameters.choice("provider", PROVIDERS);
    parameters.finish()?;
    Ok(Json(Regions::of(provider, &origin)))
}

/// For the document only: [`PROVIDERS`].
struct Provider;

impl utoipa::PartialSchema for Provider {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(PROVIDERS.iter().copied()))
            .into()
    }
}

impl ToSchema for Provider {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_aws_has_regions() {
        let regions = |provider| Regions::of(provider, &Origin::sample()).regions.len();

        assert_eq!(regions(None), REGIONS.len());
        assert_eq!(regions(Some("AWS")), REGIONS.len());
        assert_eq!(regions(Some("GCP")), 0);
    }
}
