// Technical support access to one cloud account: what is permitted, who asked for a session, and opening one.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { KEYS } from "../api/query-client";
import type { Schemas } from "../api/schemas";
import { Dialog } from "../common/dialog";
import { ShownOnce } from "../common/shown-once";
import { Empty, Loaded } from "../common/states";
import { Time } from "../common/time";
import { Indicator } from "../common/words";
import { OpenSession } from "./open-session";
import { consoleSessionsQuery, supportAccessQuery } from "./queries";
import { MODES, STATES } from "./words";

type Mode = Schemas["SupportAccessView"]["mode"];
type Session = Schemas["ConsoleSession"];

interface Props {
  account: Schemas["ConsoleCloudAccount"];
  onClose: () => void;
}

export function SupportDialog({ account, onClose }: Props) {
  const id = account.id;
  const client = useQueryClient();
  const access = useQuery(supportAccessQuery(id));
  const sessions = useQuery(consoleSessionsQuery(id));
  const [opening, setOpening] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: [KEYS.cloudAccounts, id] });
  const change = useMutation({
    mutationFn: (mode: Mode) =>
      answer(
        api.PUT("/api/cloud-accounts/{id}/support-access", { params: { path: { id } }, body: { mode } }),
      ),
    onSettled: refresh,
  });
  const decide = useMutation({
    mutationFn: ({ session, approve }: { session: Session; approve: boolean }) => {
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
    <Dialog
      size="large"
      title="Support access to"
      about={account.name}
      actions={
        <Button disabled={access.data?.mode === "off"} onClick={() => setOpening(true)}>
          Open a session
        </Button>
      }
      onClose={onClose}
    >
      <SpaceBetween size="m">
        {failure && <Alert type="error">{asFailure(failure).message}</Alert>}
        <Loaded query={access} what="what is permitted">
          <RadioGroup
            ariaLabel="What support may do"
            value={access.data?.mode ?? null}
            items={Object.entries(MODES).map(([value, words]) => ({
              value,
              ...words,
              disabled: change.isPending,
            }))}
            onChange={({ detail }) => change.mutate(detail.value as Mode)}
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
                  if (session.state !== "requested")
                    return <Indicator words={STATES} value={session.state} />;
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
    </Dialog>
  );
}
