import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";

import { cloudAccountsQuery, subscriptionsQuery } from "../api/queries";
import { useFollow } from "../common/follow";
import { Page } from "../common/page";
import { Loaded } from "../common/states";
import { hasCloudAccounts, planName, status } from "../common/words";
import { useCurrent } from "../session/context";

export default function Subscription() {
  const { id } = useParams();
  const { subscription: selected, select } = useCurrent();
  const subscriptions = useQuery(subscriptionsQuery);
  const accounts = useQuery(cloudAccountsQuery);
  const follow = useFollow();
  const one = subscriptions.data?.find((subscription) => String(subscription.id) === id);
  const account = accounts.data?.find((account) => account.id === one?.cloudAccountId);

  return (
    <Page
      title={one?.name ?? `Subscription ${id}`}
      above={[{ text: "Subscriptions", href: "/subscriptions" }]}
      actions={
        one &&
        one.id !== selected?.id && <Button onClick={() => select(one.id)}>Select this subscription</Button>
      }
    >
      <Loaded query={subscriptions} what="the subscription">
        {one ? (
          <Container header={<Header variant="h2">Overview</Header>}>
            <KeyValuePairs
              columns={3}
              items={[
                { label: "ID", value: one.id },
                { label: "Plan", value: planName(one.plan) },
                {
                  label: "Status",
                  value: (
                    <StatusIndicator type={status(one.status).type}>
                      {status(one.status).text}
                    </StatusIndicator>
                  ),
                },
                {
                  label: "Cloud account",
                  value: account ? (
                    <Link href="/account-settings/cloud-account" onFollow={follow}>
                      <span className="isolated">{account.name}</span>
                    </Link>
                  ) : one.cloudAccountId != null ? (
                    `Cloud account ${one.cloudAccountId}`
                  ) : hasCloudAccounts(one.plan) ? (
                    "The operator's own"
                  ) : (
                    `The operator's own: ${planName(one.plan)} subscriptions have no other`
                  ),
                },
                { label: "Regions", value: one.regions.join(", ") || "None yet" },
              ]}
            />
          </Container>
        ) : (
          <Alert
            type="info"
            header="There is no such subscription"
            action={
              <Button href="/subscriptions" onFollow={follow}>
                See all subscriptions
              </Button>
            }
          >
            It may belong to another account, or have been removed.
          </Alert>
        )}
      </Loaded>
    </Page>
  );
}
