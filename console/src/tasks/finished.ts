// Waiting for what the server does by itself.
import { answer, api, isAbort } from "../api/client";
import { asFailure, Failure } from "../api/failure";
import type { Schemas } from "../api/schemas";

type Task = Schemas["Task"];

const POLL_MS = 1_000;

const GOES_ON: Record<Task["status"], boolean> = {
  received: true,
  "processing-in-progress": true,
  "processing-completed": false,
  "processing-error": false,
};

/** Whether a task's status may still change. */
export function isGoingOn({ status }: Pick<Task, "status">): boolean {
  return GOES_ON[status];
}

/**
 * A task once it is finished. Throws a `Failure` when it failed, with the fields at fault; that the server can't be
 * reached for a while ends nothing.
 */
export async function finished(task: Task): Promise<Task> {
  let latest = task;
  while (isGoingOn(latest)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    latest = await lookAgain(latest);
  }
  const error = latest.response?.error;
  if (latest.status === "processing-error") {
    const status = Number.parseInt(error?.status ?? "", 10);
    throw new Failure(error?.description ?? latest.description, status || 500, error?.type, error?.errors);
  }
  return latest;
}

async function lookAgain(task: Task): Promise<Task> {
  try {
    return await answer(api.GET("/v1/tasks/{id}", { params: { path: { id: task.taskId } } }));
  } catch (thrown) {
    if (isAbort(thrown)) throw thrown;
    const { status } = asFailure(thrown);
    if (status === null || status === 429 || status >= 500) return task;
    throw thrown;
  }
}
