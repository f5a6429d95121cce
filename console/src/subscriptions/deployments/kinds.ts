// The kinds of resources in AWS: what they are called, in which group they are told, and where the AWS console has them.
import { told } from "../../common/words";

export const GROUPS = ["Network", "Security", "Nodes and their volumes", "Other"] as const;

interface Kind {
  name: string;
  group: (typeof GROUPS)[number];
  /** The service whose console has a page of it, and that page's address up to the id. */
  page?: [service: string, page: string];
}

const NODES = "Nodes and their volumes";
const VPC = "vpcconsole";

// The API sends kinds as any text.
const KINDS: Record<string, Kind> = {
  vpc: { name: "VPC", group: "Network", page: [VPC, "VpcDetails:VpcId="] },
  subnet: { name: "Subnet", group: "Network", page: [VPC, "SubnetDetails:subnetId="] },
  "internet-gateway": {
    name: "Internet gateway",
    group: "Network",
    page: [VPC, "InternetGateway:internetGatewayId="],
  },
  "route-table": { name: "Route table", group: "Network", page: [VPC, "RouteTableDetails:RouteTableId="] },
  "security-group": { name: "Security group", group: "Security", page: [VPC, "SecurityGroup:groupId="] },
  "key-pair": { name: "Key pair", group: "Security", page: ["ec2", "KeyPairs:search="] },
  instance: { name: "Instance", group: NODES, page: ["ec2", "InstanceDetails:instanceId="] },
  volume: { name: "Volume", group: NODES, page: ["ec2", "VolumeDetails:volumeId="] },
  "network-interface": {
    name: "Network interface",
    group: "Other",
    page: ["ec2", "NetworkInterface:networkInterfaceId="],
  },
};

export function kindOf(kind: string): Kind {
  return told(KINDS, kind, (name) => ({ name, group: "Other" }));
}

/** The page of a resource in the AWS console; `null` for a kind that has none, or while its id is not known. */
export function awsLink(region: string, kind: string, id: string | null): string | null {
  const { page } = kindOf(kind);
  if (!page || id === null) return null;
  const [service, anchor] = page;
  const at = encodeURIComponent(region);
  return `https://${at}.console.aws.amazon.com/${service}/home?region=${at}#${anchor}${encodeURIComponent(id)}`;
}
