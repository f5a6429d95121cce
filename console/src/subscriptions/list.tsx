import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";

import { cloudAccountsQuery } from "../cloud-accounts/queries";
import { useFollow } from "../common/follow";
import { Page } from "../common/page";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { Indicator } from "../common/words";
import { useCurrent } from "../session/context";
import { planName } from "../session/plans";
import { subscriptionsQuery } from "./queries";
import { driftCount, STATUSES } from "./words";

export default function Subscriptions() {
  const subscriptions = useQuery(subscriptionsQuery);
  const accounts = useQuery(cloudAccountsQuery);
  const { permissions } = useCurrent().session;
  const follow = useFollow();
  const accountName = (id: number | null | undefined) =>
    id == null
      ? "The operator's own"
      : (accounts.data?.find((one) => one.id === id)?.name ?? `Cloud account ${id}`);
  const create = permissions.write && (
    <Button variant="primary" href="/subscriptions/create" onFollow={follow}>
      Create subscription
    </Button>
  );

  return (
    <Page title="Subscriptions">
      <Loaded query={subscriptions} what="the subscriptions">
        <ListTable
          what="subscriptions"
          title="Subscriptions"
          items={subscriptions.data ?? []}
          rowId={({ id }) => String(id)}
          searched={(one) => [one.id, one.name, planName(one.plan), one.status, ...one.regions].join(" ")}
          actions={create}
          empty={
            <Empty
              title="No subscriptions"
              hint={
                permissions.write
                  ? "Create one: the wizard shows what would be built before anything is."
                  : "An Owner or Manager of this account can create one."
              }
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
              cell: ({ status }) => <Indicator words={STATUSES} value={status} />,
            },
            {
              id: "drift",
              header: "Drift",
              minWidth: 130,
              sortingField: "drift",
              cell: ({ id, name, drift }) =>
                drift > 0 ? (
                  <Link
                    href={`/subscriptions/${id}/drift`}
                    onFollow={follow}
                    ariaLabel={`${driftCount(drift)} of ${name}`}
                  >
                    <Badge color="severity-medium">{driftCount(drift)}</Badge>
                  </Link>
                ) : (
                  "None known"
                ),
            },
            {
              id: "cloud-account",
              header: "Cloud account",
              cell: ({ cloudAccountId }) => <span className="isolated">{accountName(cloudAccountId)}</span>,
            },
            {
              id: "regions",
              header: "Regions",
              minWidth: 110,
              cell: ({ regions }) => regions.join(", ") || "None yet",
            },
          ]}
        />
      </Loaded>
    </Page>
  );
}
