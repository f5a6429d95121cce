//! Limits of the AWS account in the region, and how much of them is used.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Filter;
use berth_cloud::{Error, ErrorKind};
use berth_domain::deployment::inventory::{Limited, Quota};
use futures::{future::join_all, join};

use super::{
    AwsEc2,
    gather::{PAGE, reserved, vpcs},
    region,
};
use crate::errors;

const GET_SERVICE_QUOTA: &str = "servicequotas:GetServiceQuota";

/// Families of the quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances".
const STANDARD: &[&str] = &["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];

/// The limits that matter, each with what is used of it; an error when nothing could be asked at all.
pub(super) async fn quotas(region: &AwsEc2) -> Result<Vec<Quota>, Error> {
    let limits = join_all(Limited::ALL.map(|of| limit(region, of)));
    let (limits, vcpus, vpcs, gateways, interfaces, groups) = join!(
        limits,
        vcpus(region),
        vpcs(region, None),
        gateways(region),
        interfaces(region),
        groups(region)
    );
    let mut used = BTreeMap::from([
        (Limited::StandardVcpus, vcpus),
        (Limited::Vpcs, vpcs.map(|found| count(&found))),
        (Limited::InternetGateways, gateways),
        (Limited::NetworkInterfaces, interfaces),
        (Limited::SecurityGroups, groups),
    ]);
    if limits.iter().chain(used.values()).all(Result::is_err) {
        let first = limits.into_iter().find_map(Result::err);
        return Err(first.expect("there are limits, and each is an error"));
    }
    let known = Limited::ALL.into_iter().zip(limits);
    Ok(known.map(|(of, limit)| quota(of, limit, used.remove(&of))).collect())
}

fn quota(of: Limited, limit: Result<u32, Error>, used: Option<Result<u32, Error>>) -> Quota {
    let used = used.transpose();
    let trouble = limit.as_ref().err().or(used.as_ref().err());
    let unknown_because = trouble.map(|error| match &error.kind {
        ErrorKind::NotFound => "AWS knows no such quota in this region".to_owned(),
        _ => error.to_string(),
    });
    Quota { of, limit: limit.ok(), used: used.ok().flatten(), unknown_because }
}

async fn limit(region: &AwsEc2, of: Limited) -> Result<u32, Error> {
    let (service, quota) = of.code();
    let request = region.service_quotas().get_service_quota().service_code(service).quota_code(quota);
    let answer = region.call(GET_SERVICE_QUOTA, request.send()).await?;
    let value = answer.quota().and_then(|quota| quota.value());
    // Whole numbers, sent as floating-point ones.
    let value = value.filter(|value| (0.0..=f64::from(u32::MAX)).contains(value));
    value
        .map(|value| value as u32)
        .ok_or_else(|| errors::unexpected(GET_SERVICE_QUOTA, None, "the quota has no value"))
}

/// Virtual processors of On-Demand Standard instances that run or start.
async fn vcpus(region: &AwsEc2) -> Result<u32, Error> {
    let running = ["pending", "running"].map(str::to_owned).to_vec();
    let running = Filter::builder().name("instance-state-name").set_values(Some(running)).build();
    let mut types: BTreeMap<String, u32> = BTreeMap::new();
    for instance in reserved(region, running).await? {
        // Spot and scheduled instances have limits of their own.
        if let (None, Some(kind)) = (instance.instance_lifecycle(), instance.instance_type())
            && is_standard(kind.as_str())
        {
            *types.entry(kind.as_str().to_owned()).or_default() += 1;
        }
    }
    if types.is_empty() {
        return Ok(0);
    }
    let names: Vec<&str> = types.keys().map(String::as_str).collect();
    let known = region::instance_types(region, &names).await?;
    Ok(known.iter().map(|one| one.vcpus * types[&one.name]).sum())
}

fn is_standard(instance_type: &str) -> bool {
    let family = instance_type.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    STANDARD.contains(&family)
}

async fn gateways(region: &AwsEc2) -> Result<u32, Error> {
    let pages = region.ec2().describe_internet_gateways().into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeInternetGateways", pages, |page| (page.internet_gateways, page.next_token))
        .await?;
    Ok(count(&found))
}

async fn interfaces(region: &AwsEc2) -> Result<u32, Error> {
    let pages = region.ec2().describe_network_interfaces().into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeNetworkInterfaces", pages, |page| (page.network_interfaces, page.next_token))
        .await?;
    Ok(count(&found))
}

async fn groups(region: &AwsEc2) -> Result<u32, Error> {
    let pages = region.ec2().describe_security_groups().into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeSecurityGroups", pages, |page| (page.security_groups, page.next_token))
        .await?;
    Ok(count(&found))
}

fn count<T>(found: &[T]) -> u32 {
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::memory("r6i.large", true)]
    #[case::general("m7g.16xlarge", true)]
    #[case::storage("im4gn.large", true)]
    #[case::accelerated("g5.xlarge", false)]
    #[case::high_memory("u-6tb1.112xlarge", false)]
    #[case::x("x2idn.16xlarge", false)]
    #[case::mac("mac2.metal", false)]
    fn the_standard_families_count(#[case] instance_type: &str, #[case] standard: bool) {
        assert_eq!(is_standard(instance_type), standard);
    }
}
