// Follows the account's tasks: shows what each is doing, and how it ended, also after a reload.
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";

import {
  cloudAccountsQuery,
  findingsQuery,
  sessionQuery,
  subscriptionsQuery,
  tasksQuery,
} from "../api/query-client";
import { isGoingOn } from "./finished";
import type { Task } from "../api/schemas";
import { useFlashes } from "../common/flash";
import { Checks } from "../verification/checks";
import { useCurrent } from "../session/context";
import { followed, follow, isDisregarded, unfollow } from "./followed";

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
      if (isGoingOn(task) && !isDisregarded(task.taskId) && isTold(task)) follow(task.taskId);
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

/** Follows a task from the answer that announced it. */
export function useFollowTask() {
  const client = useQueryClient();
  return useCallback(
    async (task: Task) => {
      follow(task.taskId);
      // An answer under way could be older than the task.
      await client.cancelQueries({ queryKey: tasksQuery.queryKey, exact: true });
      client.setQueryData(tasksQuery.queryKey, (tasks) => [task, ...(tasks ?? [])]);
    },
    [client],
  );
}

function pending(tasks: Task[] | undefined): string[] {
  return followed().filter((id) => {
    const task = tasks?.find((one) => one.taskId === id);
    return task !== undefined && isGoingOn(task);
  });
}

/** Whether anybody wants to know: that an allow list was read, nobody does. */
function isTold({ commandType }: Task): boolean {
  return commandType !== "cidrGetRequest";
}

/** Asks anew for what a finished task has changed. */
async function refresh(client: QueryClient, { commandType }: Task) {
  const changed = commandType.startsWith("cloudAccount")
    ? [cloudAccountsQuery.queryKey]
    : [subscriptionsQuery.queryKey, sessionQuery.queryKey];
  await Promise.all(changed.map((queryKey) => client.invalidateQueries({ queryKey })));
}

function headline(task: Task) {
  const what = COMMANDS[task.commandType] ?? { doing: task.commandType, done: task.commandType };
  if (isGoingOn(task)) return { type: "in-progress" as const, loading: true, header: `${what.doing} …` };
  if (task.status === "processing-completed") return { type: "success" as const, header: what.done };
  return { type: "error" as const, header: `${what.doing} failed` };
}

const COMMANDS: Record<string, { doing: string; done: string }> = {
  cloudAccountCreateRequest: { doing: "Adding the cloud account", done: "Cloud account added" },
  cloudAccountUpdateRequest: { doing: "Updating the cloud account", done: "Cloud account updated" },
  cloudAccountDeleteRequest: { doing: "Deleting the cloud account", done: "Cloud account deleted" },
  subscriptionCreateRequest: { doing: "Ordering the subscription", done: "Subscription ordered" },
  subscriptionUpdateRequest: { doing: "Changing the subscription", done: "Subscription changed" },
  subscriptionDeleteRequest: { doing: "Ordering the removal", done: "The subscription is being removed" },
  subscriptionResourceTagsUpdateRequest: { doing: "Saving the tags", done: "Tags saved" },
  cidrUpdateRequest: { doing: "Saving the allow list", done: "Allow list saved" },
  subscriptionMaintenanceWindowsUpdateRequest: { doing: "Saving the windows", done: "Windows saved" },
  fixedSubscriptionCreateRequest: { doing: "Ordering the subscription", done: "Subscription ordered" },
  fixedSubscriptionUpdateRequest: { doing: "Changing the subscription", done: "Subscription changed" },
  fixedSubscriptionDeleteRequest: { doing: "Deleting the subscription", done: "Subscription deleted" },
};

function Steps({ task }: { task: Task }) {
  const goingOn = isGoingOn(task);
  const verifies = ["cloudAccountCreateRequest", "cloudAccountUpdateRequest"].includes(task.commandType);
  const findings = useQuery({
    ...findingsQuery(task.taskId),
    enabled: verifies,
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
