import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";

import { deploymentsQuery } from "../../api/query-client";
import type { Deployment, DeploymentResource, ListedSubscription } from "../../api/schemas";
import { Empty, Loaded } from "../../common/states";
import { ListTable } from "../../common/table";
import { kindName } from "../../common/words";
import { awsLink } from "./kinds";
import { resourceState } from "./progress";

/** Everything that is built, region by region. */
export default function ResourcesTab({ subscription: { id } }: { subscription: ListedSubscription }) {
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
      searched={({ name, kind, awsId }) => [name, kindName(kind), awsId].join(" ")}
      empty={<Empty title="No resources" hint="Nothing is left in AWS." />}
      columns={[
        { id: "name", header: "Resource", sortingField: "name", isRowHeader: true, cell: ({ name }) => name },
        { id: "kind", header: "Kind", sortingField: "kind", cell: ({ kind }) => kindName(kind) },
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
          cell: ({ state }) => (
            <StatusIndicator type={resourceState(state).type}>{resourceState(state).text}</StatusIndicator>
          ),
        },
      ]}
    />
  );
}

function InAws({ region, one: { kind, awsId } }: { region: string; one: DeploymentResource }) {
  const href = awsLink(region, kind, awsId);
  if (!href) return awsId ?? "Not known yet";
  return (
    <Link external href={href} externalIconAriaLabel="Opens the AWS console in a new tab">
      {awsId}
    </Link>
  );
}
