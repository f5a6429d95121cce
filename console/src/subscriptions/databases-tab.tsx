import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";

import { Empty, Loaded } from "../common/states";
import { ListTable, nameColumn } from "../common/table";
import { word } from "../common/words";
import { plannedDatabasesQuery, type Subscription } from "./queries";
import { THROUGHPUTS } from "./words";

/** The databases that size what is built. None of them runs. */
export default function DatabasesTab({ subscription: { id } }: { subscription: Subscription }) {
  const databases = useQuery(plannedDatabasesQuery(id));
  return (
    <SpaceBetween size="l">
      <Alert type="info" header="Planned, not running">
        These databases size what is built. Berth does not run databases yet: it keeps them as planned.
      </Alert>
      <Loaded query={databases} what="the planned databases">
        <ListTable
          what="planned databases"
          title="Planned databases"
          items={databases.data ?? []}
          rowId={({ databaseId }) => String(databaseId)}
          searched={({ name, protocol }) => `${name} ${protocol}`}
          empty={<Empty title="No databases" hint="None were ordered with this subscription." />}
          columns={[
            nameColumn(),
            {
              id: "status",
              header: "Status",
              cell: ({ status }) => (
                <StatusIndicator type="pending">{status === "draft" ? "Planned" : status}</StatusIndicator>
              ),
            },
            { id: "protocol", header: "Protocol", cell: ({ protocol }) => protocol },
            {
              id: "dataset",
              header: "Data",
              cell: ({ datasetSizeInGb }) =>
                datasetSizeInGb === undefined ? "Not given" : `${datasetSizeInGb} GB`,
            },
            {
              id: "memory",
              header: "Memory in all",
              sortingField: "memoryLimitInGb",
              cell: ({ memoryLimitInGb }) => `${memoryLimitInGb} GB`,
            },
            {
              id: "replication",
              header: "Replication",
              cell: ({ replication }) => (replication ? "Yes" : "No"),
            },
            {
              id: "throughput",
              header: "Throughput",
              cell: ({ throughputMeasurement: { by, value } }) =>
                `${value.toLocaleString("en")} ${word<string>(THROUGHPUTS, by)}`,
            },
          ]}
        />
      </Loaded>
    </SpaceBetween>
  );
}
