"""ministack, with what an order needs to be built in it. Everything else is as it comes.

ministack itself answers DescribeInstanceTypes with a dozen general-purpose types, whatever is asked for; gives an
instance a root volume and none of those it is started with; leaves a terminated instance's volumes behind; puts every
instance into the region's first zone, unmonitored; and forgets the tags of key pairs. It still shows no network
interfaces of instances, and not which metadata service they have.
"""

import copy

from ministack.app import main
from ministack.services import ec2

# name: (virtual processors, MiB of memory)
TYPES = {
    "r6i.large": (2, 16384),
    "r6i.xlarge": (4, 32768),
    "r6i.2xlarge": (8, 65536),
    "r6i.4xlarge": (16, 131072),
    "r6i.8xlarge": (32, 262144),
}
TYPES_XML = "".join(
    f"<item><instanceType>{name}</instanceType><vCpuInfo><defaultVCpus>{vcpus}</defaultVCpus></vCpuInfo>"
    f"<memoryInfo><sizeInMiB>{memory}</sizeInMiB></memoryInfo></item>"
    for name, (vcpus, memory) in TYPES.items()
)

run_instances, terminate_instances = ec2._run_instances, ec2._terminate_instances
import_key_pair, describe_key_pairs = ec2._import_key_pair, ec2._describe_key_pairs


def describe_instance_types(_request):
    return ec2._xml(200, "DescribeInstanceTypesResponse", f"<instanceTypeSet>{TYPES_XML}</instanceTypeSet>")


def run_with_volumes(request):
    before = set(ec2._instances)
    answer = run_instances(request)
    for id_ in set(ec2._instances) - before:
        instance = ec2._instances[id_]
        zone = ec2._subnets.get(instance["SubnetId"], {}).get("AvailabilityZone")
        instance["Placement"]["AvailabilityZone"] = zone or instance["Placement"]["AvailabilityZone"]
        if ec2._p(request, "Monitoring.Enabled") == "true":
            instance["Monitoring"]["State"] = "enabled"
        attach(instance, request)
    return answer


def attach(instance, request):
    """Gives an instance the volumes it was started with, tagged as the request says."""
    root = ec2._volumes.pop(instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])
    mapping = instance["BlockDeviceMappings"][0]
    instance["BlockDeviceMappings"] = []
    for asked in volumes_asked_for(request):
        volume, attached = copy.deepcopy(root), copy.deepcopy(mapping)
        id_, device = ec2._new_volume_id(), asked["DeviceName"]
        volume |= {
            "VolumeId": id_,
            "Size": int(asked.get("Ebs.VolumeSize", volume["Size"])),
            "VolumeType": asked.get("Ebs.VolumeType", "gp2"),
            "Encrypted": asked.get("Ebs.Encrypted") == "true",
            "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        }
        volume["Attachments"][0] |= {"VolumeId": id_, "Device": device}
        attached["DeviceName"] = device
        attached["Ebs"]["VolumeId"] = id_
        ec2._volumes[id_] = volume
        ec2._parse_tag_specs(request, "volume", id_)
        instance["BlockDeviceMappings"].append(attached)


def volumes_asked_for(request):
    """The block devices of a request, each as its fields."""
    number = 1
    while ec2._p(request, f"BlockDeviceMapping.{number}.DeviceName"):
        prefix = f"BlockDeviceMapping.{number}."
        yield {field.removeprefix(prefix): ec2._p(request, field) for field in request if field.startswith(prefix)}
        number += 1


def terminate_with_volumes(request):
    answer = terminate_instances(request)
    for id_ in ec2._parse_member_list(request, "InstanceId"):
        for mapping in ec2._instances.get(id_, {}).get("BlockDeviceMappings", []):
            ec2._volumes.pop(mapping["Ebs"]["VolumeId"], None)
    return answer


def import_with_tags(request):
    answer = import_key_pair(request)
    pair = ec2._key_pairs.get(ec2._p(request, "KeyName"))
    if pair:
        ec2._parse_tag_specs(request, "key-pair", pair["KeyPairId"])
    return answer


def describe_with_tags(request):
    status, headers, body = describe_key_pairs(request)
    text = body.decode()
    for pair in ec2._key_pairs.values():
        id_ = f"<keyPairId>{pair['KeyPairId']}</keyPairId>"
        text = text.replace(id_, id_ + ec2._tag_set_xml(pair["KeyPairId"]))
    return status, headers, text.encode()


ec2._ACTION_MAP["DescribeKeyPairs"] = describe_with_tags
ec2._ACTION_MAP["ImportKeyPair"] = import_with_tags
ec2._ACTION_MAP["DescribeInstanceTypes"] = describe_instance_types
ec2._ACTION_MAP["RunInstances"] = run_with_volumes
ec2._ACTION_MAP["TerminateInstances"] = terminate_with_volumes

if __name__ == "__main__":
    main()
