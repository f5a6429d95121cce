import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { Empty, Loaded } from "../../common/states";
import { ListTable } from "../../common/table";
import { Indicator } from "../../common/words";
import type { Subscription } from "../queries";
import { awsLink, kindOf } from "./kinds";
import { type Deployment, type Resource, RESOURCES } from "./progress";
import { deploymentsQuery } from "./queries";

/** Everything that is built, region by region. */
export default function ResourcesTab({ subscription: { id } }: { subscription: Subscription }) {
  const deployments = useQuery(deploymentsQuery(id));
  const found = deployments.data ?? [];
  return (
    <Loaded query={deployments} what="the resources">
      {found.length === 0 ? (
        <Empty
          title="Nothing is built"
          hint="The operator of this Berth recorded this subscription; Berth has built nothing for it."
        />
      ) : (
        <SpaceBetween size="l">
          {found.map((one) => (
            <Resources key={one.id} deployment={one} />
          ))}
        </SpaceBetween>
      )}
    </Loaded>
  );
}

function Resources({ deployment: { id, region, network, zones, resources } }: { deployment: Deployment }) {
  return (
    <ListTable
      what="resources"
      title={`Resources in ${region}`}
      description={
        <>
          {network} in {zones.join(", ")}. Each carries the tag berth:deployment = <code>{id}</code>
        </>
      }
      items={resources}
      rowId={({ name }) => name}
      searched={({ name, kind, awsId }) => [name, kindOf(kind).name, awsId].join(" ")}
      empty={<Empty title="No resources" hint="Nothing is left in AWS." />}
      columns={[
        { id: "name", header: "Resource", sortingField: "name", isRowHeader: true, cell: ({ name }) => name },
        { id: "kind", header: "Kind", sortingField: "kind", cell: ({ kind }) => kindOf(kind).name },
        {
          id: "id",
          header: "ID in AWS",
          sortingField: "awsId",
          cell: (one) => <InAws region={region} one={one} />,
        },
        {
          id: "state",
          header: "State",
          sortingField: "state",
          cell: ({ state }) => <Indicator words={RESOURCES} value={state} />,
        },
      ]}
    />
  );
}

function InAws({ region, one: { kind, awsId } }: { region: string; one: Resource }) {
  const href = awsLink(region, kind, awsId);
  if (!href) return awsId ?? "Not known yet";
  return (
    <Link external href={href} externalIconAriaLabel="Opens the AWS console in a new tab">
      {awsId}
    </Link>
  );
}
