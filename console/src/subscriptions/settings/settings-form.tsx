// What the tabs for settings have in common: a draft of what is stored, its problems, and saving it.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { asFailure, type Problem } from "../../api/failure";
import type { Schemas } from "../../api/schemas";
import { useOnline } from "../../common/states";
import { useDraft } from "../../common/storage";
import { useCurrent } from "../../session/context";
import { saidOf, standing } from "../problems";
import type { Subscription } from "../queries";

interface Settings<T> {
  subscription: Subscription;
  /** Who may change them: everybody who may change anything, or owners only. */
  who?: "writers" | "owners";
  /** Under which name what is typed is kept. */
  name: string;
  /** What is in force. */
  stored: T;
  /** What is wrong with what is typed. */
  problems: (typed: T) => Problem[];
  /** The body that changes it. */
  body: (typed: T) => unknown;
  change: UseMutationResult<unknown, Error, T>;
}

/** A draft of some settings. What is typed is kept until it is saved or taken back. */
export function useSettings<T>(settings: Settings<T>) {
  const { subscription, name, who = "writers", stored, problems, body, change } = settings;
  const { session } = useCurrent();
  const [draft, setDraft, forget] = useDraft<{ typed: T | null }>(
    session.user.id,
    `${name}-${subscription.id}`,
    { typed: null },
    whole,
  );
  const [tried, setTried] = useState(false);
  const locked = lockedBecause(subscription, who, session);
  const value = draft.typed ?? stored;
  const local = problems(value);
  const failure = change.error ? asFailure(change.error) : null;
  const remote =
    failure && change.variables !== undefined
      ? standing(failure.fields, body(change.variables), body(value))
      : [];
  const back = () => {
    forget();
    setDraft({ typed: null });
    forget();
    setTried(false);
    change.reset();
  };
  return {
    value,
    edit: (typed: T) => setDraft({ typed }),
    said: (path: string, parts?: "with-parts" | "alone") =>
      saidOf([...(tried ? local : []), ...remote], path, parts),
    changed: draft.typed !== null && JSON.stringify(draft.typed) !== JSON.stringify(stored),
    locked,
    disabled: locked !== null || change.isPending,
    pending: change.isPending,
    // What belongs to a field is told beside it.
    failure: failure && remote.length === 0 ? failure : null,
    back,
    submit: () => {
      setTried(true);
      if (local.length === 0) change.mutate(value, { onSuccess: back });
    },
  };
}

const whole = <T,>(draft: T) => draft;

/** Why nothing can be changed; `null` when it can. */
function lockedBecause({ status }: Subscription, who: "writers" | "owners", session: Schemas["Session"]) {
  const { write, manageUsers } = session.permissions;
  const may = who === "owners" ? manageUsers : write;
  if (!may) {
    const whom = who === "owners" ? "an Owner" : "an Owner or Manager";
    return `Your role, ${session.user.role}, cannot change this: ask ${whom}.`;
  }
  const deleting = "The subscription is being deleted: nothing of it can be changed any more.";
  return status === "deleting" ? deleting : null;
}

interface Props {
  title: string;
  description: ReactNode;
  settings: Pick<
    ReturnType<typeof useSettings>,
    "changed" | "locked" | "pending" | "failure" | "back" | "submit"
  >;
  children: ReactNode;
}

/** The frame around some settings: what they are, and the buttons that save or take back. */
export function SettingsForm({ title, description, settings, children }: Props) {
  const { changed, locked, pending, failure, back, submit } = settings;
  const online = useOnline();
  return (
    <Container
      header={
        <Header variant="h2" description={description}>
          {title}
        </Header>
      }
      footer={
        locked === null ? (
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" disabled={!changed || pending} onClick={back}>
                Undo changes
              </Button>
              <Button
                variant="primary"
                disabled={!changed || !online}
                loading={pending}
                loadingText="Saving"
                onClick={submit}
              >
                Save changes
              </Button>
            </SpaceBetween>
          </Box>
        ) : undefined
      }
    >
      <SpaceBetween size="l">
        {failure && (
          <Alert type="error" header="Nothing was changed">
            {failure.message}
          </Alert>
        )}
        {children}
        {locked !== null && <Box color="text-body-secondary">{locked}</Box>}
      </SpaceBetween>
    </Container>
  );
}
