import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { useFlashes } from "../common/flash";
import { forgetDrafts } from "../common/storage";
import { useCurrent } from "../session/context";
import { planName } from "../session/plans";
import { sessionQuery } from "../session/queries";
import { chooseColours, chosenColours, type Colours } from "./colours";

const COLOURS: Record<Colours, string> = { system: "As the system", light: "Light", dark: "Dark" };

/** The selected subscription, light or dark, and who is signed in. */
export function TopBar({ onSignedOut }: { onSignedOut: () => void }) {
  const { session, subscription, select } = useCurrent();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { show } = useFlashes();
  const [colours, setColours] = useState(chosenColours);

  async function signOut() {
    try {
      await answer(api.DELETE("/api/session"));
    } catch (thrown) {
      const failure = asFailure(thrown);
      // 401: it was over already.
      if (failure.status !== 401) {
        show({ id: "sign-out", type: "error", header: "You are still signed in", content: failure.message });
        return;
      }
    }
    forgetDrafts();
    onSignedOut();
    client.clear();
    client.setQueryData(sessionQuery.queryKey, null);
    await navigate("/", { replace: true });
  }

  const subscriptions: TopNavigationProps.Utility[] =
    session.subscriptions.length === 0
      ? []
      : [
          {
            type: "menu-dropdown",
            iconName: "multiscreen",
            text: subscription?.name,
            ariaLabel: `Subscription: ${subscription?.name}`,
            title: "Subscription",
            items: session.subscriptions.map(({ id, name, plan }) => ({
              id: String(id),
              text: name,
              secondaryText: planName(plan),
              itemType: "checkbox",
              checked: id === subscription?.id,
            })),
            onItemClick: ({ detail }) => select(Number(detail.id)),
          },
        ];

  return (
    <TopNavigation
      identity={{
        href: "/",
        title: "Berth",
        logo: { src: "/logo.svg", alt: "" },
        onFollow: (event) => {
          event.preventDefault();
          void navigate("/");
        },
      }}
      utilities={[
        ...subscriptions,
        {
          type: "menu-dropdown",
          iconName: "settings",
          ariaLabel: "Colours",
          title: "Colours",
          items: Object.entries(COLOURS).map(([id, text]) => ({
            id,
            text,
            itemType: "checkbox",
            checked: id === colours,
          })),
          onItemClick: ({ detail }) => {
            chooseColours(detail.id as Colours);
            setColours(detail.id as Colours);
          },
        },
        {
          type: "menu-dropdown",
          iconName: "user-profile",
          text: session.user.name,
          description: `${session.user.email} · ${session.user.role}`,
          ariaLabel: `Signed in as ${session.user.name}`,
          items: [
            { id: "account", text: `Account: ${session.account.name}`, href: "/account-settings" },
            { id: "sign-out", text: "Sign out" },
          ],
          onItemFollow: (event) => {
            event.preventDefault();
            void navigate("/account-settings");
          },
          onItemClick: ({ detail }) => {
            if (detail.id === "sign-out") void signOut();
          },
        },
      ]}
    />
  );
}
