//! Creating things: one call each, tagged in the call, made once.

use std::time::Duration;

use aws_sdk_ec2::{
    Client,
    operation::{RequestId, run_instances::builders::RunInstancesFluentBuilder},
    primitives::Blob,
    types::{
        BlockDeviceMapping, EbsBlockDevice, HttpTokensState, IamInstanceProfileSpecification,
        InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, ResourceType,
        RunInstancesMonitoringEnabled, ShutdownBehavior, Tag, TagSpecification, VolumeType,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use berth_cloud::Error;
use berth_domain::deployment::{
    AwsId, Kind, OPERATION_TAG, Tags,
    action::{Creation, NewInstance},
};

use super::AwsEc2;
use crate::errors::unexpected;

/// How long a creation may take: to start an instance AWS takes longer than to answer a question, and giving up
/// early leaves open whether it was done.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Creates one thing and gives its id.
pub(super) async fn create(region: &AwsEc2, what: &Creation, tags: &Tags) -> Result<AwsId, Error> {
    let (ec2, action) = (region.creating(), what.action());
    let tagged = |kind| tagged(kind, tags);
    match what {
        Creation::Vpc { cidr } => {
            let request = ec2.create_vpc().cidr_block(cidr.to_string());
            let request = request.tag_specifications(tagged(Kind::Vpc));
            let answer = region.call(action, request.send()).await?;
            named(action, &answer, answer.vpc().and_then(|vpc| vpc.vpc_id()))
        }
        Creation::Subnet { vpc, zone_id, cidr } => {
            let request = ec2.create_subnet().vpc_id(vpc.as_str()).availability_zone_id(zone_id);
            let request = request.cidr_block(cidr.to_string()).tag_specifications(tagged(Kind::Subnet));
            let answer = region.call(action, request.send()).await?;
            named(action, &answer, answer.subnet().and_then(|subnet| subnet.subnet_id()))
        }
        Creation::InternetGateway => {
            let request = ec2.create_internet_gateway().tag_specifications(tagged(Kind::InternetGateway));
            let answer = region.call(action, request.send()).await?;
            let gateway = answer.internet_gateway();
            named(action, &answer, gateway.and_then(|gateway| gateway.internet_gateway_id()))
        }
        Creation::RouteTable { vpc } => {
            let request = ec2.create_route_table().vpc_id(vpc.as_str()).set_client_token(token(tags));
            let request = request.tag_specifications(tagged(Kind::RouteTable));
            let answer = region.call(action, request.send()).await?;
            named(action, &answer, answer.route_table().and_then(|table| table.route_table_id()))
        }
        Creation::SecurityGroup { vpc, name, description } => {
            let request = ec2.create_security_group().vpc_id(vpc.as_str()).group_name(name);
            let request = request.description(description).tag_specifications(tagged(Kind::SecurityGroup));
            let answer = region.call(action, request.send()).await?;
            named(action, &answer, answer.group_id())
        }
        Creation::KeyPair { name, public_key } => {
            let request = ec2.import_key_pair().key_name(name);
            let request = request.public_key_material(Blob::new(public_key.as_bytes()));
            let request = request.tag_specifications(tagged(Kind::KeyPair));
            let answer = region.call(action, request.send()).await?;
            named(action, &answer, answer.key_pair_id())
        }
        Creation::Instance(instance) => {
            let answer = region.call(action, run(ec2, instance, tags).send()).await?;
            named(action, &answer, answer.instances().first().and_then(|one| one.instance_id()))
        }
    }
}

fn run(ec2: &Client, what: &NewInstance, tags: &Tags) -> RunInstancesFluentBuilder {
    let metadata = InstanceMetadataOptionsRequest::builder()
        .http_endpoint(InstanceMetadataEndpointState::Enabled)
        .http_tokens(HttpTokensState::Required)
        .http_put_response_hop_limit(1);
    let request = ec2
        .run_instances()
        .min_count(1)
        .max_count(1)
        .set_client_token(token(tags))
        .image_id(what.image.as_str())
        .instance_type(what.instance_type.as_str().into())
        .subnet_id(what.subnet.as_str())
        .set_security_group_ids(Some(what.groups.iter().map(ToString::to_string).collect()))
        .key_name(&what.key_name)
        .iam_instance_profile(IamInstanceProfileSpecification::builder().name(&what.profile).build())
        .user_data(BASE64_STANDARD.encode(&what.user_data))
        .metadata_options(metadata.build())
        .monitoring(RunInstancesMonitoringEnabled::builder().enabled(true).build())
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Stop)
        .set_block_device_mappings(Some(volumes(what)));
    // Everything the call creates; some organisations refuse what comes without tags.
    [Kind::Instance, Kind::Volume, Kind::NetworkInterface]
        .into_iter()
        .fold(request, |request, kind| request.tag_specifications(tagged(kind, tags)))
}

fn volumes(what: &NewInstance) -> Vec<BlockDeviceMapping> {
    let volumes = what.volumes.iter().map(|volume| {
        let disk = EbsBlockDevice::builder()
            .volume_type(VolumeType::Gp3)
            .encrypted(true)
            .delete_on_termination(true)
            .volume_size(i32::try_from(volume.size_gib).unwrap_or(i32::MAX));
        BlockDeviceMapping::builder().device_name(&volume.device).ebs(disk.build()).build()
    });
    volumes.collect()
}

/// With the operation's id AWS itself sees to it that a repeated call creates nothing more, for a day or so.
fn token(tags: &Tags) -> Option<String> {
    tags.get(OPERATION_TAG).cloned()
}

fn tagged(kind: Kind, tags: &Tags) -> TagSpecification {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    TagSpecification::builder()
        .resource_type(ResourceType::from(kind.as_str()))
        .set_tags(Some(tags.collect()))
        .build()
}

fn named(operation: &'static str, answer: &impl RequestId, id: Option<&str>) -> Result<AwsId, Error> {
    id.filter(|id| !id.is_empty()).map(AwsId::from).ok_or_else(|| {
        unexpected(operation, answer.request_id(), "the answer names nothing that was created")
    })
}
