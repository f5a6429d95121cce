import Alert from "@cloudscape-design/components/alert";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useParams } from "react-router";

import { Page } from "../common/page";
import { useCurrent } from "../session/context";
import { ApiKeys } from "./api-keys";
import { Users } from "./users";

/** Who may do what: users and API keys. For Owners. */
export default function AccessManagement() {
  const { tab = "users" } = useParams();
  const navigate = useNavigate();
  const { permissions, user } = useCurrent().session;
  return (
    <Page title="Access Management">
      {permissions.manageUsers ? (
        <Tabs
          activeTabId={tab}
          tabs={[
            { id: "users", label: "Users", href: "/access-management/users", content: <Users /> },
            { id: "api-keys", label: "API keys", href: "/access-management/api-keys", content: <ApiKeys /> },
          ]}
          onChange={({ detail }) => detail.activeTabHref && void navigate(detail.activeTabHref)}
        />
      ) : (
        <Alert type="info" header="You may not manage access">
          Your role, {user.role}, does not include it. An Owner of this account can help.
        </Alert>
      )}
    </Page>
  );
}
