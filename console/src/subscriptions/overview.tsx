import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { cloudAccountsQuery } from "../cloud-accounts/queries";
import { useFollow } from "../common/follow";
import { Time } from "../common/time";
import { Indicator } from "../common/words";
import { hasCloudAccounts, planName } from "../session/plans";
import { inPlace } from "./deployments/progress";
import { deploymentsQuery } from "./deployments/queries";
import type { Subscription } from "./queries";
import { STATUSES } from "./words";

/** What a subscription is. */
export function Overview({ subscription }: { subscription: Subscription }) {
  const { id, plan, regions } = subscription;
  const built = hasCloudAccounts(plan);
  const deployments = useQuery({ ...deploymentsQuery(id), enabled: built });
  const found = deployments.data ?? [];
  return (
    <Container header={<Header variant="h2">Overview</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: "ID", value: id },
          { label: "Plan", value: planName(plan) },
          {
            label: "Status",
            value: <Indicator words={STATUSES} value={subscription.status} />,
          },
          { label: "Cloud account", value: <Account subscription={subscription} /> },
          { label: "Regions", value: regions.join(", ") || "None yet" },
          ...(found.length > 0
            ? [
                { label: "In AWS", value: inPlace(found) },
                {
                  label: "Networks",
                  value: found.map((one) => `${one.network} in ${one.region}`).join(", "),
                },
                { label: "Availability zones", value: found.flatMap(({ zones }) => zones).join(", ") },
                { label: "Ordered", value: <Time at={found[0]?.createdTimestamp} /> },
              ]
            : []),
        ]}
      />
    </Container>
  );
}

function Account({ subscription: { cloudAccountId, plan } }: { subscription: Subscription }): ReactNode {
  const accounts = useQuery(cloudAccountsQuery);
  const follow = useFollow();
  const account = accounts.data?.find(({ id }) => id === cloudAccountId);
  if (account) {
    return (
      <Link href="/account-settings/cloud-account" onFollow={follow}>
        <span className="isolated">{account.name}</span>
      </Link>
    );
  }
  if (cloudAccountId != null) return `Cloud account ${cloudAccountId}`;
  if (hasCloudAccounts(plan)) return "The operator's own";
  return `The operator's own: ${planName(plan)} subscriptions have no other`;
}
