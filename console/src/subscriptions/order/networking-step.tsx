import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";

import { replaced } from "../../common/lists";
import { type RegionForm, regionPath } from "./order";
import type { StepProps } from "./steps";

export function NetworkingStep({ form, change, said }: StepProps) {
  const replace = (at: number, patch: Partial<RegionForm>) =>
    change({ regions: replaced(form.regions, at, patch) });

  return (
    <SpaceBetween size="l">
      {form.regions.map((one, at) => {
        const path = `${regionPath(at)}.networking`;
        const field = (name: "cidr" | "vpcId" | "subnetIds" | "securityGroupId", input: Texts) => (
          <FormField label={input.label} description={input.description} errorText={said(input.path)}>
            <Input
              value={one[name]}
              autoComplete="off"
              spellcheck={false}
              placeholder={input.placeholder}
              onChange={({ detail }) => replace(at, { [name]: detail.value })}
            />
          </FormField>
        );
        const three = one.zones === "multiple";
        return (
          <Container key={at} header={<Header variant="h2">Network in {one.region || "the region"}</Header>}>
            <SpaceBetween size="l">
              <FormField label="VPC" stretch errorText={said(path, "alone")}>
                <Tiles
                  ariaLabel="VPC"
                  value={one.network}
                  onChange={({ detail }) => replace(at, { network: detail.value as RegionForm["network"] })}
                  items={[
                    {
                      value: "managed",
                      label: "A new VPC",
                      description: "Berth makes it, with subnets, routes and security groups of its own.",
                    },
                    {
                      value: "own",
                      label: "My own VPC",
                      description: "Only nodes and their key pair are made; the network stays yours.",
                    },
                  ]}
                />
              </FormField>
              {one.network === "managed" ? (
                field("cidr", {
                  label: "Deployment CIDR",
                  description:
                    "Private, /16 to /24, and apart from this account's other deployments. It cannot be changed later.",
                  path: `${path}.deploymentCIDR`,
                  placeholder: "10.0.0.0/24",
                })
              ) : (
                <SpaceBetween size="l">
                  {field("vpcId", {
                    label: "VPC ID",
                    path: `${path}.vpcId`,
                    placeholder: "vpc-0125be68a4625884a",
                  })}
                  {field("subnetIds", {
                    label: three ? "Subnet IDs" : "Subnet ID",
                    description: three
                      ? "Three, separated by commas: one in each zone."
                      : "In the zone in which the nodes are to be.",
                    path: `${path}.subnetIds`,
                    placeholder: "subnet-0125be68a4625884a",
                  })}
                  {field("securityGroupId", {
                    label: "Security group ID",
                    description: "It is given to every node, and says who may reach them.",
                    path: `${path}.securityGroupId`,
                    placeholder: "sg-0125be68a4625884a",
                  })}
                </SpaceBetween>
              )}
            </SpaceBetween>
          </Container>
        );
      })}
    </SpaceBetween>
  );
}

interface Texts {
  label: string;
  description?: string;
  path: string;
  placeholder: string;
}
