import Alert, { type AlertProps } from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense, useEffect, useState } from "react";
import { useNavigate, useParams } from "react-router";

import { KEYS } from "../api/query-client";
import { useFollow } from "../common/follow";
import { Page } from "../common/page";
import { Loaded, Loading } from "../common/states";
import { useCurrent } from "../session/context";
import { hasCloudAccounts } from "../session/plans";
import { DeleteSubscription } from "./delete-dialog";
import { Standing } from "./deployments/standing";
import { Overview } from "./overview";
import { type Subscription, subscriptionsQuery } from "./queries";
import { driftCount } from "./words";

/** One subscription: what it is, how it stands, and what can be done with it. */
export default function SubscriptionPage() {
  const { id } = useParams();
  const subscriptions = useQuery(subscriptionsQuery);
  const found = subscriptions.data?.find((subscription) => String(subscription.id) === id);
  // The last that was seen of it: when it is gone, its page says so instead of not knowing it.
  const [last, setLast] = useState(found);
  if (found && found !== last) setLast(found);
  const gone = !found && last && String(last.id) === id ? last : null;

  return found ? (
    <Found key={found.id} subscription={found} />
  ) : (
    <Page title={gone?.name ?? `Subscription ${id}`} above={ABOVE}>
      <Loaded query={subscriptions} what="the subscription">
        {gone ? (
          <Gone name={gone.name} />
        ) : (
          <Absent type="info" header="There is no such subscription">
            It may belong to another account, or have been removed.
          </Absent>
        )}
      </Loaded>
    </Page>
  );
}

const ABOVE = [{ text: "Subscriptions", href: "/subscriptions" }];

function Found({ subscription }: { subscription: Subscription }) {
  const { id, name, plan, drift } = subscription;
  const { tab = "overview" } = useParams();
  const { session, subscription: selected, select } = useCurrent();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const tabs = hasCloudAccounts(plan)
    ? TABS.map((one) => ({ ...one, label: one.id === "drift" ? <DriftLabel drift={drift} /> : one.label }))
    : [];

  return (
    <Page
      title={name}
      above={ABOVE}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {id !== selected?.id && <Button onClick={() => select(id)}>Select this subscription</Button>}
          {session.permissions.write && (
            <Button disabled={subscription.status === "deleting"} onClick={() => setDeleting(true)}>
              Delete
            </Button>
          )}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Standing subscription={subscription} />
        {tabs.length === 0 ? (
          <Overview subscription={subscription} />
        ) : (
          <Tabs
            activeTabId={tabs.some((one) => one.id === tab) ? tab : "overview"}
            onChange={({ detail }) => detail.activeTabHref && void navigate(detail.activeTabHref)}
            tabs={tabs.map(({ id: name, label, Content }): TabsProps.Tab => ({
              id: name,
              label,
              href: `/subscriptions/${id}/${name}`,
              content: (
                <Suspense fallback={<Loading what="the page" />}>
                  <Content subscription={subscription} />
                </Suspense>
              ),
            }))}
          />
        )}
      </SpaceBetween>
      {deleting && <DeleteSubscription subscription={subscription} onClose={() => setDeleting(false)} />}
    </Page>
  );
}

const TABS: { id: string; label: string; Content: ComponentType<{ subscription: Subscription }> }[] = [
  { id: "overview", label: "Overview", Content: Overview },
  { id: "resources", label: "Resources", Content: lazy(() => import("./deployments/resources-tab")) },
  { id: "drift", label: "Drift", Content: lazy(() => import("./drift/drift-tab")) },
  { id: "monitoring", label: "Monitoring", Content: lazy(() => import("./monitoring/monitoring-tab")) },
  { id: "databases", label: "Databases", Content: lazy(() => import("./databases-tab")) },
  { id: "allow-list", label: "Allow list", Content: lazy(() => import("./settings/allow-list-tab")) },
  { id: "maintenance", label: "Maintenance", Content: lazy(() => import("./settings/maintenance-tab")) },
  { id: "tags", label: "Resource tags", Content: lazy(() => import("./settings/tags-tab")) },
];

function DriftLabel({ drift }: { drift: number }) {
  return <>Drift {drift > 0 && <Badge color="severity-medium">{driftCount(drift)}</Badge>}</>;
}

/** It was here a moment ago. */
function Gone({ name }: { name: string }) {
  const client = useQueryClient();
  // The bar at the top knows it still.
  useEffect(() => void client.invalidateQueries({ queryKey: [KEYS.session] }), [client]);
  return (
    <Absent type="success" header="The subscription was deleted">
      Everything that Berth made for <b className="isolated">{name}</b> was removed from AWS.
    </Absent>
  );
}

function Absent(props: Pick<AlertProps, "type" | "header" | "children">) {
  const follow = useFollow();
  const all = (
    <Button href="/subscriptions" onFollow={follow}>
      See all subscriptions
    </Button>
  );
  return <Alert {...props} action={all} />;
}
