import Alert from "@cloudscape-design/components/alert";

import { Page } from "../../common/page";
import { useCurrent } from "../../session/context";
import { OrderWizard } from "./wizard";

/** The wizard that orders a subscription. */
export default function CreateSubscription() {
  const { permissions, user } = useCurrent().session;
  return (
    <Page title="Create subscription" above={[{ text: "Subscriptions", href: "/subscriptions" }]}>
      {permissions.write ? (
        <OrderWizard />
      ) : (
        <Alert type="info" header="You may not create subscriptions">
          Your role, {user.role}, does not include it. An Owner or Manager of this account can help.
        </Alert>
      )}
    </Page>
  );
}
