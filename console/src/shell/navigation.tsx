import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import { useLocation } from "react-router";

import { useFollow } from "../common/follow";
import { useCurrent } from "../session/context";

const GUIDE = "/guides/iam-resources";

/** The side navigation, with what the role has a use for. */
export function Navigation({ onFollowed }: { onFollowed: () => void }) {
  const { permissions } = useCurrent().session;
  const { pathname } = useLocation();
  const follow = useFollow();

  const items: SideNavigationProps.Item[] = [];
  if (permissions.read) items.push({ type: "link", text: "Subscriptions", href: "/subscriptions" });
  items.push({ type: "link", text: "Account Settings", href: "/account-settings" });
  if (permissions.manageUsers)
    items.push({ type: "link", text: "Access Management", href: "/access-management" });
  if (permissions.readLogs) items.push({ type: "link", text: "Logs", href: "/logs" });
  if (permissions.read) {
    items.push({ type: "divider" }, { type: "link", text: "Create IAM resources", href: GUIDE });
  }

  const active = ["/subscriptions", "/account-settings", "/access-management", "/logs", GUIDE].find(
    (href) => pathname === href || pathname.startsWith(`${href}/`),
  );

  return (
    <SideNavigation
      activeHref={active}
      items={items}
      onFollow={(event) => {
        follow(event);
        onFollowed();
      }}
    />
  );
}
