// What surrounds every page: top bar, side navigation, messages, breadcrumbs.
import AppLayout from "@cloudscape-design/components/app-layout";
import Flashbar from "@cloudscape-design/components/flashbar";
import { type ComponentType, lazy, Suspense, useEffect, useState } from "react";
import { Navigate, Route, Routes } from "react-router";

import type { Schemas } from "../api/schemas";
import { FlashProvider, useFlashes } from "../common/flash";
import { Loading, useOnline } from "../common/states";
import { SessionProvider, useCurrent } from "../session/context";
import { TaskTracker } from "../tasks/tracker";
import { Boundary } from "./boundary";
import { Navigation } from "./navigation";
import { TopBar } from "./top-bar";

const PAGES: [path: string, Content: ComponentType][] = [
  ["subscriptions", lazy(() => import("../subscriptions/list"))],
  ["subscriptions/create", lazy(() => import("../subscriptions/order/page"))],
  ["subscriptions/:id/:tab?", lazy(() => import("../subscriptions/page"))],
  ["account-settings/:tab?", lazy(() => import("../account/page"))],
  ["guides/iam-resources", lazy(() => import("../cloud-accounts/guide/page"))],
  ["access-management/:tab?", lazy(() => import("../access/page"))],
  ["logs", lazy(() => import("../logs/page"))],
  ["*", lazy(() => import("./not-found"))],
];

interface Props {
  session: Schemas["Session"];
  onSignedIn: () => void;
  onSignedOut: () => void;
}

/** The console of somebody who is signed in. */
export function Console({ session, onSignedIn, onSignedOut }: Props) {
  useEffect(onSignedIn, [onSignedIn]);
  return (
    <SessionProvider session={session}>
      <FlashProvider>
        <div id="berth-top">
          <TopBar onSignedOut={onSignedOut} />
        </div>
        <TaskTracker />
        <Layout />
      </FlashProvider>
    </SessionProvider>
  );
}

function Layout() {
  const { items } = useFlashes();
  const online = useOnline();
  const wide = matchMedia("(min-width: 900px)").matches;
  const [navigationOpen, setNavigationOpen] = useState(wide);
  useAllowedAttributes();
  const offline = {
    id: "offline",
    type: "warning" as const,
    content: "You are offline. What you see may be out of date; changes wait until you are back.",
  };

  return (
    <AppLayout
      headerSelector="#berth-top"
      toolsHide
      navigation={<Navigation onFollowed={() => !wide && setNavigationOpen(false)} />}
      navigationWidth={240}
      navigationOpen={navigationOpen}
      onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
      notifications={<Flashbar stackItems items={online ? items : [offline, ...items]} />}
      content={
        <Boundary>
          <Suspense fallback={<Loading what="the page" />}>
            <Routes>
              <Route index element={<Home />} />
              {PAGES.map(([path, Content]) => (
                <Route key={path} path={path} element={<Content />} />
              ))}
            </Routes>
          </Suspense>
        </Boundary>
      }
    />
  );
}

/** Takes back an attribute that Cloudscape's narrow layout gives a `nav`, where ARIA allows none such. */
function useAllowedAttributes() {
  useEffect(() => {
    const take = () => document.querySelector("nav[aria-orientation]")?.removeAttribute("aria-orientation");
    const seen = new MutationObserver(take);
    seen.observe(document.body, { childList: true, subtree: true });
    take();
    return () => seen.disconnect();
  }, []);
}

/** The first page a role has a use for. */
function Home() {
  const { read, readLogs } = useCurrent().session.permissions;
  return <Navigate replace to={read ? "/subscriptions" : readLogs ? "/logs" : "/account-settings"} />;
}
