//! Who did something to a resource, by CloudTrail.

use aws_sdk_cloudtrail::{
    primitives::DateTime,
    types::{Event, LookupAttribute, LookupAttributeKey},
};
use berth_cloud::Error;
use berth_domain::deployment::{AwsId, inventory::Deed};
use jiff::Timestamp;
use serde_json::Value;

use super::AwsEc2;
use crate::{call::next_page, errors::unexpected};

const LOOKUP_EVENTS: &str = "cloudtrail:LookupEvents";

/// AWS's longest page.
const PAGE: i32 = 50;
/// How many pages are read: CloudTrail gives the latest events first, and allows two calls a second.
const PAGES: usize = 4;

/// What was done to `resource`, latest first, without what only read. Of a resource to which very much was done, the
/// latest of it.
pub(super) async fn who_did(
    region: &AwsEc2,
    resource: &AwsId,
    since: Timestamp,
) -> Result<Vec<Deed>, Error> {
    let about = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(resource.as_str())
        .build()
        .map_err(|error| unexpected(LOOKUP_EVENTS, None, &error.to_string()))?;
    let request = region.trail().lookup_events().lookup_attributes(about);
    let request = request.start_time(DateTime::from_secs(since.as_second()));
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let mut deeds = Vec::new();
    for _ in 0..PAGES {
        let page = next_page(LOOKUP_EVENTS, Some(&region.pace), &mut pages).await?;
        deeds.extend(page.events().iter().filter_map(deed));
        if page.next_token().is_none_or(str::is_empty) {
            break;
        }
    }
    deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
    Ok(deeds)
}

/// None for what only read, and for what has neither time nor name.
fn deed(event: &Event) -> Option<Deed> {
    if event.read_only() == Some("true") {
        return None;
    }
    let whole: Value =
        serde_json::from_str(event.cloud_trail_event().unwrap_or_default()).unwrap_or_default();
    let arn = whole["userIdentity"]["arn"].as_str();
    // What AWS does itself has no ARN: an Auto Scaling group, say, is `autoscaling.amazonaws.com`.
    let service = whole["userIdentity"]["invokedBy"].as_str();
    Some(Deed {
        at: Timestamp::from_second(event.event_time()?.secs()).ok()?,
        event: event.event_name()?.to_owned(),
        who: arn.or(event.username()).or(service).unwrap_or("unknown").to_owned(),
        access_key_id: event.access_key_id().filter(|id| !id.is_empty()).map(str::to_owned),
    })
}
