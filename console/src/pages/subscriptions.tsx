import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";

import { cloudAccountsQuery, subscriptionsQuery } from "../api/queries";
import { useFollow } from "../common/follow";
import { Page } from "../common/page";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { planName, status } from "../common/words";

export default function Subscriptions() {
  const subscriptions = useQuery(subscriptionsQuery);
  const accounts = useQuery(cloudAccountsQuery);
  const follow = useFollow();
  const accountName = (id: number | null | undefined) =>
    id == null
      ? "The operator's own"
      : (accounts.data?.find((one) => one.id === id)?.name ?? `Cloud account ${id}`);

  return (
    <Page title="Subscriptions">
      <Loaded query={subscriptions} what="the subscriptions">
        <ListTable
          what="subscriptions"
          title="Subscriptions"
          items={subscriptions.data ?? []}
          rowId={({ id }) => String(id)}
          searched={(one) => [one.id, one.name, planName(one.plan), one.status, ...one.regions].join(" ")}
          empty={
            <Empty
              title="No subscriptions"
              hint="Ask the operator of this Berth for one; it is made with `berth subscription add`."
            />
          }
          columns={[
            {
              id: "name",
              header: "Name",
              sortingField: "name",
              isRowHeader: true,
              cell: ({ id, name }) => (
                <Link href={`/subscriptions/${id}`} onFollow={follow}>
                  <span className="isolated">{name}</span>
                </Link>
              ),
            },
            { id: "id", header: "ID", sortingField: "id", cell: ({ id }) => id },
            { id: "plan", header: "Plan", sortingField: "plan", cell: ({ plan }) => planName(plan) },
            {
              id: "status",
              header: "Status",
              sortingField: "status",
              cell: (one) => (
                <StatusIndicator type={status(one.status).type}>{status(one.status).text}</StatusIndicator>
              ),
            },
            {
              id: "cloud-account",
              header: "Cloud account",
              cell: ({ cloudAccountId }) => <span className="isolated">{accountName(cloudAccountId)}</span>,
            },
            { id: "regions", header: "Regions", cell: ({ regions }) => regions.join(", ") || "None yet" },
          ]}
        />
      </Loaded>
    </Page>
  );
}
