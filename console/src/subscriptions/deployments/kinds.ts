// Where in the AWS console a resource is.

const PAGES: Record<string, (id: string) => [service: string, page: string]> = {
  vpc: (id) => ["vpcconsole", `VpcDetails:VpcId=${id}`],
  subnet: (id) => ["vpcconsole", `SubnetDetails:subnetId=${id}`],
  "internet-gateway": (id) => ["vpcconsole", `InternetGateway:internetGatewayId=${id}`],
  "route-table": (id) => ["vpcconsole", `RouteTableDetails:RouteTableId=${id}`],
  "security-group": (id) => ["vpcconsole", `SecurityGroup:groupId=${id}`],
  "key-pair": (id) => ["ec2", `KeyPairs:search=${id}`],
  instance: (id) => ["ec2", `InstanceDetails:instanceId=${id}`],
  volume: (id) => ["ec2", `VolumeDetails:volumeId=${id}`],
  "network-interface": (id) => ["ec2", `NetworkInterface:networkInterfaceId=${id}`],
};

/** The page of a resource in the AWS console; `null` for a kind that has none, or while its id is not known. */
export function awsLink(region: string, kind: string, id: string | null): string | null {
  const page = PAGES[kind];
  if (!page || id === null) return null;
  const [service, anchor] = page(encodeURIComponent(id));
  const at = encodeURIComponent(region);
  return `https://${at}.console.aws.amazon.com/${service}/home?region=${at}#${anchor}`;
}
