import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";

import { Empty } from "../../common/states";
import { ListTable } from "../../common/table";
import { count } from "../../common/words";
import { kindOf } from "../deployments/kinds";
import { free, type PlannedRegion, type Quota, quotaName } from "./plan";

/** Everything that would be made in one region, and what it takes of AWS's quotas. */
export function PlannedRegionView({ planned }: { planned: PlannedRegion }) {
  const { region, instanceType, nodes, resources, quotas } = planned;
  return (
    <SpaceBetween size="l">
      <ListTable
        what="planned resources"
        title={`Resources in ${region}`}
        description={`${count(nodes, "node")} of type ${instanceType}`}
        items={resources}
        rowId={({ name }) => name}
        searched={({ name, kind, details }) => [name, kindOf(kind).name, details].join(" ")}
        empty={<Empty title="No resources" hint="Nothing would be made here." />}
        columns={[
          {
            id: "name",
            header: "Resource",
            sortingField: "name",
            isRowHeader: true,
            cell: ({ name }) => name,
          },
          { id: "kind", header: "Kind", sortingField: "kind", cell: ({ kind }) => kindOf(kind).name },
          { id: "details", header: "Details", cell: ({ details }) => details },
        ]}
      />
      <Table
        items={quotas}
        trackBy="of"
        wrapLines
        ariaLabels={{ tableLabel: `Quotas in ${region}` }}
        header={
          <Header variant="h2" description="What it takes of the AWS account's limits in this region.">
            Quotas in {region}
          </Header>
        }
        empty={
          <Empty
            title="Quotas are not known"
            hint="The cloud account's user may not ask for them. Whether there is room shows when it is built."
          />
        }
        columnDefinitions={[
          { id: "of", header: "Quota", isRowHeader: true, cell: quotaName },
          { id: "needed", header: "Needed", minWidth: 100, cell: ({ needed }) => needed },
          { id: "free", header: "Free now", cell: (quota) => <Free quota={quota} /> },
          { id: "limit", header: "Limit", minWidth: 110, cell: ({ limit }) => limit ?? "Not known" },
        ]}
      />
    </SpaceBetween>
  );
}

function Free({ quota }: { quota: Quota }) {
  const left = free(quota);
  if (left !== null) {
    return <StatusIndicator type={left < quota.needed ? "error" : "success"}>{left}</StatusIndicator>;
  }
  return (
    <>
      <StatusIndicator type="stopped">Not known</StatusIndicator>
      {quota.unknownBecause && (
        <Box variant="small" color="text-body-secondary">
          {quota.unknownBecause}
        </Box>
      )}
    </>
  );
}
