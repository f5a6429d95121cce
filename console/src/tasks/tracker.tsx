// Follows the account's tasks: shows what each is doing, and how it ended, also after a reload.
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import type { Schemas } from "../api/schemas";
import { useFlashes } from "../common/flash";
import { useCurrent } from "../session/context";
import { Checks } from "../verification/checks";
import { isGoingOn } from "./finished";
import { followed, follow, isDisregarded, unfollow } from "./followed";
import { findingsQuery, tasksQuery } from "./queries";
import { commandOf } from "./words";

type Task = Schemas["Task"];

const POLL_MS = 1_000;

/** Puts a message on the page for every task that was started here, or was going on when the page was loaded. */
export function TaskTracker() {
  const { session } = useCurrent();
  const client = useQueryClient();
  const { show, hide } = useFlashes();
  const told = useRef(new Map<string, string>());
  const tasks = useQuery({
    ...tasksQuery,
    enabled: session.permissions.read,
    // Asked anew only while something goes on: polling for nothing would keep an idle session alive.
    refetchInterval: ({ state }) => (pending(state.data).length > 0 ? POLL_MS : false),
  });

  useEffect(() => {
    if (!tasks.data) return;
    for (const task of tasks.data) {
      if (isGoingOn(task) && !isDisregarded(task.taskId) && !commandOf(task).untold) follow(task.taskId);
    }
    for (const id of followed()) {
      const task = tasks.data.find((one) => one.taskId === id);
      if (!task) unfollow(id);
      if (!task || told.current.get(id) === task.status) continue;
      told.current.set(id, task.status);
      show({
        id,
        ...headline(task),
        content: <Steps task={task} />,
        onDismiss: () => {
          if (!isGoingOn(task)) unfollow(id);
          hide(id);
        },
      });
      if (!isGoingOn(task)) void refresh(client, task);
    }
  }, [tasks.data, client, show, hide]);

  return null;
}

function pending(tasks: Task[] | undefined): string[] {
  return followed().filter((id) => {
    const task = tasks?.find((one) => one.taskId === id);
    return task !== undefined && isGoingOn(task);
  });
}

/** Asks anew for what a finished task has changed. */
async function refresh(client: QueryClient, task: Task) {
  await Promise.all(commandOf(task).changes.map((key) => client.invalidateQueries({ queryKey: [key] })));
}

function headline(task: Task) {
  const { doing, done } = commandOf(task);
  if (isGoingOn(task)) return { type: "in-progress" as const, loading: true, header: `${doing} …` };
  if (task.status === "processing-completed") return { type: "success" as const, header: done };
  return { type: "error" as const, header: `${doing} failed` };
}

function Steps({ task }: { task: Task }) {
  const goingOn = isGoingOn(task);
  const findings = useQuery({
    ...findingsQuery(task.taskId),
    enabled: commandOf(task).verifies === true,
    refetchInterval: goingOn ? POLL_MS : false,
  });
  return (
    <SpaceBetween size="xs">
      <span>{task.response?.error?.description ?? task.description}</span>
      {findings.data && findings.data.length > 0 && (
        <ExpandableSection headerText="Steps" defaultExpanded={goingOn} variant="inline">
          <Checks findings={findings.data} />
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}
