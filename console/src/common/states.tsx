// Loading, slow, offline and failed: how a view looks while it has nothing to show.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";

import { asFailure } from "../api/failure";

const SLOW_MS = 10_000;

/** Whether the browser has a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => {
      addEventListener("online", changed);
      addEventListener("offline", changed);
      return () => {
        removeEventListener("online", changed);
        removeEventListener("offline", changed);
      };
    },
    () => navigator.onLine,
  );
}

/** Whether `busy` has been true for over 10 seconds. */
export function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return busy && slow;
}

/** What a query knows of itself. */
interface Asked {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
}

/** Shows `children` once there is something to show, and until then why there isn't. */
export function Loaded({ query, what, children }: { query: Asked; what: string; children: ReactNode }) {
  if (query.isPending) return <Loading what={what} retry={query.refetch} />;
  if (query.error) return <Failed query={query} what={what} />;
  return children;
}

/** What a select tells while its options are on their way, or could not be had. */
export function optionsOf({ isPending, error, refetch }: Asked, what: string) {
  return {
    statusType: isPending ? "loading" : error ? "error" : "finished",
    loadingText: `Loading ${what}`,
    errorText: `Could not load ${what}`,
    recoveryText: "Try again",
    onLoadItems: () => void (error && refetch()),
  } as const;
}

/** That `what` is on its way. */
export function Loading({ what, retry }: { what: string; retry?: () => unknown }) {
  const slow = useSlow(true);
  const online = useOnline();
  return (
    <Box padding="l" textAlign="center">
      <SpaceBetween size="s" alignItems="center">
        {online ? (
          <StatusIndicator type="loading">Loading {what}</StatusIndicator>
        ) : (
          <StatusIndicator type="stopped">
            You are offline. Loading goes on when you are back.
          </StatusIndicator>
        )}
        {online && slow && (
          <>
            <Box color="text-body-secondary">This takes longer than usual. It may still come.</Box>
            {retry && <Button onClick={() => void retry()}>Try again</Button>}
          </>
        )}
      </SpaceBetween>
    </Box>
  );
}

/** That `what` could not be loaded, and why. */
export function Failed({ query, what }: { query: Omit<Asked, "isPending">; what: string }) {
  const failure = asFailure(query.error);
  return (
    <Alert
      type="error"
      header={failure.status === 403 ? `You may not see ${what}` : `Could not load ${what}`}
      action={failure.status !== 403 && <Button onClick={() => void query.refetch()}>Try again</Button>}
    >
      {failure.message}
    </Alert>
  );
}

/** An empty list: what it would hold and what to do next. */
export function Empty({ title, hint, action }: { title: ReactNode; hint: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" color="inherit" margin={{ vertical: "xs" }}>
      <SpaceBetween size="xs" alignItems="center">
        <b>{title}</b>
        <Box color="text-body-secondary">{hint}</Box>
        {action}
      </SpaceBetween>
    </Box>
  );
}
