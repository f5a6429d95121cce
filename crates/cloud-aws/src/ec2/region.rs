//! What a region offers: zones, instance types, machine images, VPCs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::{
    operation::RequestId,
    types::{AvailabilityZoneState, Filter, InstanceTypeInfo, InstanceTypeOffering, LocationType},
};
use berth_cloud::{Error, ErrorKind, ec2::ImageChoice};
use berth_domain::deployment::{
    AwsId,
    inventory::{Image, InstanceType, Zone},
};

use super::{AwsEc2, gather::PAGE};
use crate::errors::unexpected;

const DESCRIBE_AVAILABILITY_ZONES: &str = "ec2:DescribeAvailabilityZones";
const DESCRIBE_IMAGES: &str = "ec2:DescribeImages";
const DESCRIBE_INSTANCE_TYPES: &str = "ec2:DescribeInstanceTypes";
const GET_PARAMETER: &str = "ssm:GetParameter";

/// The owner of the images of Amazon Linux.
const AMAZON: &str = "amazon";
/// AWS's longest page of instance types.
const INSTANCE_TYPES_PAGE: i32 = 100;

/// The availability zones, local and wavelength zones left out.
pub(super) async fn zones(region: &AwsEc2) -> Result<Vec<Zone>, Error> {
    let only = Filter::builder().name("zone-type").values("availability-zone").build();
    let request = region.ec2().describe_availability_zones().filters(only);
    let answer = region.call(DESCRIBE_AVAILABILITY_ZONES, request.send()).await?;
    let zones = answer.availability_zones().iter().map(|zone| {
        Some(Zone {
            id: zone.zone_id()?.to_owned(),
            name: zone.zone_name()?.to_owned(),
            available: zone.state() == Some(&AvailabilityZoneState::Available),
        })
    });
    zones.collect::<Option<_>>().ok_or_else(|| {
        unexpected(DESCRIBE_AVAILABILITY_ZONES, answer.request_id(), "a zone has no id or no name")
    })
}

/// Those of the instance types that can be had, and where.
pub(super) async fn instance_types(region: &AwsEc2, names: &[&str]) -> Result<Vec<InstanceType>, Error> {
    let wanted = names.iter().map(|name| (*name).to_owned()).collect();
    let only = Filter::builder().name("instance-type").set_values(Some(wanted)).build();
    let request = region.ec2().describe_instance_types().filters(only.clone());
    let pages = request.into_paginator().page_size(INSTANCE_TYPES_PAGE).send();
    let found =
        region.pages(DESCRIBE_INSTANCE_TYPES, pages, |page| (page.instance_types, page.next_token)).await?;
    let mut zones = zones_of(region, only).await?;
    // Simulators tell of others too.
    let asked = |one: &&InstanceTypeInfo| one.instance_type().is_none_or(|it| names.contains(&it.as_str()));
    let types = found.iter().filter(asked).map(|one| {
        let name = one.instance_type()?.as_str().to_owned();
        Some(InstanceType {
            vcpus: u32::try_from(one.v_cpu_info()?.default_v_cpus()?).ok()?,
            memory_mib: u64::try_from(one.memory_info()?.size_in_mib()?).ok()?,
            zones: zones.as_mut().map(|zones| zones.remove(&name).unwrap_or_default()),
            name,
        })
    });
    types.collect::<Option<_>>().ok_or_else(|| {
        unexpected(DESCRIBE_INSTANCE_TYPES, None, "an instance type has no name, processors or memory")
    })
}

/// Instance type → the ids of the zones that have it; `None` where nobody tells.
async fn zones_of(
    region: &AwsEc2,
    only: Filter,
) -> Result<Option<BTreeMap<String, BTreeSet<String>>>, Error> {
    let found = match offerings(region, only).await {
        // Not known to every simulator; an older policy may not allow it.
        Err(Error { kind: ErrorKind::Refused | ErrorKind::Denied { .. }, .. }) => return Ok(None),
        other => other?,
    };
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in found {
        if let (Some(name), Some(zone)) = (one.instance_type, one.location) {
            zones.entry(name.as_str().to_owned()).or_default().insert(zone);
        }
    }
    Ok(Some(zones))
}

async fn offerings(region: &AwsEc2, only: Filter) -> Result<Vec<InstanceTypeOffering>, Error> {
    let request = region.ec2().describe_instance_type_offerings();
    let request = request.location_type(LocationType::AvailabilityZoneId).filters(only);
    let pages = request.into_paginator().page_size(PAGE).send();
    region
        .pages("ec2:DescribeInstanceTypeOfferings", pages, |page| {
            (page.instance_type_offerings, page.next_token)
        })
        .await
}

/// A machine image, with what has to be known to start an instance from it.
pub(super) async fn image(region: &AwsEc2, choice: &ImageChoice) -> Result<Image, Error> {
    let id = match choice {
        ImageChoice::Id(id) => id.clone(),
        ImageChoice::Parameter(name) => match (parameter(region, name).await, pattern_of(name)) {
            // An account prepared for Redis Cloud does not allow it, but lets images be looked at.
            (Err(Error { kind: ErrorKind::Denied { .. }, .. }), Some(pattern)) => {
                newest(region, &pattern).await?
            }
            (answer, _) => answer?,
        },
    };
    let request = region.ec2().describe_images().image_ids(id.as_str());
    let answer = region.call(DESCRIBE_IMAGES, request.send()).await?;
    let Some(image) = answer.images().first() else {
        let request_id = answer.request_id().map(str::to_owned);
        let detail = format!("there is no image {id}");
        return Err(Error { operation: DESCRIBE_IMAGES, kind: ErrorKind::NotFound, request_id, detail });
    };
    let root_device = image
        .root_device_name()
        .ok_or_else(|| unexpected(DESCRIBE_IMAGES, answer.request_id(), "the image has no root device"))?;
    let root = image.block_device_mappings().iter().find(|one| one.device_name() == Some(root_device));
    let size = root.and_then(|one| one.ebs()).and_then(|disk| disk.volume_size());
    Ok(Image {
        id,
        root_device: root_device.to_owned(),
        root_size_gib: size.and_then(|size| u32::try_from(size).ok()),
        architecture: image.architecture().map(|name| name.as_str().to_owned()),
    })
}

/// The names of the images that a parameter of Amazon Linux 2023 may stand for; `None` for other parameters.
fn pattern_of(parameter: &str) -> Option<String> {
    let kind = parameter.strip_prefix("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-")?;
    let (kernel, architecture) = kind.rsplit_once('-')?;
    let kernel = if kernel == "default" { "*" } else { kernel };
    Some(format!("al2023-ami-2023.*-kernel-{kernel}-{architecture}"))
}

/// The newest of Amazon's images whose name is like this.
async fn newest(region: &AwsEc2, pattern: &str) -> Result<AwsId, Error> {
    let named = Filter::builder().name("name").values(pattern).build();
    let request = region.ec2().describe_images().filters(named);
    let request = request.owners(AMAZON);
    let answer = region.call(DESCRIBE_IMAGES, request.send()).await?;
    let newest = answer.images().iter().max_by_key(|image| image.creation_date());
    newest.and_then(|image| image.image_id()).map(AwsId::from).ok_or_else(|| {
        let request_id = answer.request_id().map(str::to_owned);
        let detail = format!("Amazon has no image {pattern}");
        Error { operation: DESCRIBE_IMAGES, kind: ErrorKind::NotFound, request_id, detail }
    })
}

async fn parameter(region: &AwsEc2, name: &str) -> Result<AwsId, Error> {
    let request = region.ssm().get_parameter().name(name);
    let answer = region.call(GET_PARAMETER, request.send()).await?;
    let value = answer.parameter().and_then(|parameter| parameter.value()).unwrap_or_default();
    if !value.starts_with("ami-") {
        let detail = format!("{value:?} is no machine image's id");
        return Err(unexpected(GET_PARAMETER, answer.request_id(), &detail));
    }
    Ok(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::the_default("al2023-ami-kernel-default-x86_64", Some("al2023-ami-2023.*-kernel-*-x86_64"))]
    #[case::a_kernel("al2023-ami-kernel-6.1-arm64", Some("al2023-ami-2023.*-kernel-6.1-arm64"))]
    #[case::minimal("al2023-ami-minimal-kernel-default-x86_64", None)]
    #[case::older("amzn2-ami-hvm-x86_64-gp2", None)]
    fn parameters_of_amazon_linux_2023_name_images(#[case] name: &str, #[case] pattern: Option<&str>) {
        let parameter = format!("/aws/service/ami-amazon-linux-latest/{name}");
        assert_eq!(pattern_of(&parameter).as_deref(), pattern);
    }
}
