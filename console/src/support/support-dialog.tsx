// Technical support access to one cloud account: what is permitted, who asked for a session, and opening one.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ShownOnce } from "../common/shown-once";
import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { consoleSessionsQuery, supportAccessQuery } from "../api/query-client";
import type { CloudAccount, ConsoleSession, SupportMode } from "../api/schemas";
import { Empty, Loaded } from "../common/states";
import { Time } from "../common/time";
import { sessionState } from "../common/words";
import { OpenSession } from "./open-session";

const MODES: { value: SupportMode; label: string; description: string }[] = [
  { value: "on", label: "On", description: "Support opens sessions by itself, each on record." },
  { value: "approval", label: "On approval", description: "An Owner approves each of support's sessions." },
  { value: "off", label: "Off", description: "Nobody opens a session." },
];

export function SupportDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const id = account.id;
  const client = useQueryClient();
  const access = useQuery(supportAccessQuery(id));
  const sessions = useQuery(consoleSessionsQuery(id));
  const [opening, setOpening] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["cloud-accounts", id] });
  const change = useMutation({
    mutationFn: (mode: SupportMode) =>
      answer(
        api.PUT("/api/cloud-accounts/{id}/support-access", { params: { path: { id } }, body: { mode } }),
      ),
    onSettled: refresh,
  });
  const decide = useMutation({
    mutationFn: ({ session, approve }: { session: ConsoleSession; approve: boolean }) => {
      const params = { path: { id: session.id } };
      return answer(
        approve
          ? api.POST("/api/console-sessions/{id}/approve", { params })
          : api.POST("/api/console-sessions/{id}/deny", { params }),
      );
    },
    onSettled: refresh,
  });

  if (url) {
    const close = () => {
      setUrl(null);
      setOpening(false);
      void refresh();
    };
    return <ShownOnce title="The console session is open" values={{ "Sign-in URL": url }} onClose={close} />;
  }
  if (opening) return <OpenSession account={account} onClose={() => setOpening(false)} onOpened={setUrl} />;

  const failure = change.error ?? decide.error;
  return (
    <Modal
      visible
      size="large"
      header={
        <>
          Support access to <span className="isolated">{account.name}</span>
        </>
      }
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={onClose}>Close</Button>
            <Button disabled={access.data?.mode === "off"} onClick={() => setOpening(true)}>
              Open a session
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failure && <Alert type="error">{asFailure(failure).message}</Alert>}
        <Loaded query={access} what="what is permitted">
          <RadioGroup
            ariaLabel="What support may do"
            value={access.data?.mode ?? null}
            items={MODES.map((mode) => ({ ...mode, disabled: change.isPending }))}
            onChange={({ detail }) => change.mutate(detail.value as SupportMode)}
          />
        </Loaded>
        <Loaded query={sessions} what="the sessions">
          <Table
            variant="embedded"
            trackBy="id"
            items={sessions.data ?? []}
            empty={
              <Empty
                title="No sessions"
                hint="Whoever signs in to the AWS console through Berth is listed here."
              />
            }
            columnDefinitions={[
              { id: "who", header: "Who", isRowHeader: true, cell: ({ requestedBy }) => requestedBy },
              {
                id: "why",
                header: "Why",
                cell: ({ reason }) => <span className="isolated">{reason}</span>,
              },
              { id: "asked", header: "Asked for", cell: (one) => <Time at={one.requestedTimestamp} /> },
              { id: "minutes", header: "Minutes", cell: ({ minutes }) => minutes },
              {
                id: "state",
                header: "State",
                cell: (session) => {
                  const { type, text } = sessionState(session.state);
                  if (session.state !== "requested")
                    return <StatusIndicator type={type}>{text}</StatusIndicator>;
                  return (
                    <SpaceBetween direction="horizontal" size="xs">
                      <Button
                        ariaLabel={`Approve the session of ${session.requestedBy}`}
                        disabled={decide.isPending}
                        onClick={() => decide.mutate({ session, approve: true })}
                      >
                        Approve
                      </Button>
                      <Button
                        ariaLabel={`Deny the session of ${session.requestedBy}`}
                        disabled={decide.isPending}
                        onClick={() => decide.mutate({ session, approve: false })}
                      >
                        Deny
                      </Button>
                    </SpaceBetween>
                  );
                },
              },
            ]}
          />
        </Loaded>
      </SpaceBetween>
    </Modal>
  );
}
