import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import type { Schemas } from "../api/schemas";
import { useFlashes } from "../common/flash";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { Time } from "../common/time";
import { useCurrent } from "../session/context";
import { sessionsQuery } from "./queries";

/** The account, the person, and where that person is signed in. */
export function AccountTab() {
  const { session } = useCurrent();
  const sessions = useQuery(sessionsQuery);
  const client = useQueryClient();
  const { show } = useFlashes();
  const revoke = useMutation({
    mutationFn: (id: Schemas["SessionEntry"]["id"]) =>
      answer(api.DELETE("/api/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    onError: (thrown) =>
      show({
        id: "revoke",
        type: "error",
        header: "The session was not ended",
        content: asFailure(thrown).message,
      }),
  });

  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Account</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Account name", value: <span className="isolated">{session.account.name}</span> },
            { label: "Account ID", value: session.account.id },
            { label: "Your name", value: <span className="isolated">{session.user.name}</span> },
            { label: "Your email", value: session.user.email },
            { label: "Your role", value: session.user.role },
          ]}
        />
      </Container>
      <Loaded query={sessions} what="your sessions">
        <ListTable
          what="sessions"
          title="Where you are signed in"
          items={sessions.data ?? []}
          rowId={({ id }) => String(id)}
          searched={({ address, userAgent }) => `${address} ${userAgent}`}
          empty={<Empty title="No sessions" hint="You are about to be signed out." />}
          columns={[
            {
              id: "browser",
              header: "Browser",
              isRowHeader: true,
              cell: ({ userAgent }) => <Box fontSize="body-s">{userAgent || "Unknown"}</Box>,
            },
            { id: "address", header: "Address", cell: ({ address }) => address },
            { id: "signed-in", header: "Signed in", cell: (one) => <Time at={one.createdTimestamp} /> },
            { id: "used", header: "Last used", cell: (one) => <Time at={one.lastUsedTimestamp} /> },
            {
              id: "end",
              header: "Actions",
              cell: ({ id, current }) =>
                current ? (
                  "This session"
                ) : (
                  <Button
                    variant="inline-link"
                    loading={revoke.isPending && revoke.variables === id}
                    onClick={() => revoke.mutate(id)}
                  >
                    Sign out there
                  </Button>
                ),
            },
          ]}
        />
      </Loaded>
    </SpaceBetween>
  );
}
