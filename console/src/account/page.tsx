import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Tabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { lazy, Suspense } from "react";
import { useNavigate, useParams } from "react-router";

import { useFollow } from "../common/follow";
import { Page } from "../common/page";
import { Loading } from "../common/states";
import { useCurrent } from "../session/context";
import { hasCloudAccounts, planName } from "../session/plans";
import { AccountTab } from "./account-tab";

const CloudAccountTab = lazy(() => import("../cloud-accounts/tab"));

/** The tabs of the account; Cloud Account only for subscriptions that may have any. */
export default function AccountSettings() {
  const { tab = "account" } = useParams();
  const navigate = useNavigate();
  const { session, subscription } = useCurrent();
  const present = session.permissions.read && hasCloudAccounts(subscription?.plan);

  const tabs: TabsProps.Tab[] = [
    { id: "account", label: "Account", href: "/account-settings", content: <AccountTab /> },
  ];
  if (present) {
    tabs.push({
      id: "cloud-account",
      label: "Cloud Account",
      href: "/account-settings/cloud-account",
      content: (
        <Suspense fallback={<Loading what="the cloud accounts" />}>
          <CloudAccountTab />
        </Suspense>
      ),
    });
  }

  return (
    <Page title="Account Settings">
      {tab === "cloud-account" && !present && <Absent />}
      <Tabs
        tabs={tabs}
        activeTabId={tab === "cloud-account" && !present ? "" : tab}
        onChange={({ detail }) => detail.activeTabHref && void navigate(detail.activeTabHref)}
      />
    </Page>
  );
}

/** Why a direct link to the Cloud Account tab leads nowhere. */
function Absent() {
  const { session, subscription } = useCurrent();
  const follow = useFollow();
  const why = !session.permissions.read
    ? `Your role, ${session.user.role}, does not include it.`
    : subscription
      ? `The selected subscription, ${subscription.name}, is ${planName(subscription.plan)}. Only Flexible and Annual subscriptions can use your own AWS accounts. Select one of these at the top to see the tab.`
      : "Only Flexible and Annual subscriptions can use your own AWS accounts, and this account has no subscription yet.";
  return (
    <Alert
      type="info"
      header="The Cloud Account tab is not available"
      action={
        session.permissions.read && (
          <Button href="/subscriptions" onFollow={follow}>
            See the subscriptions
          </Button>
        )
      }
    >
      <span className="isolated">{why}</span>
    </Alert>
  );
}
