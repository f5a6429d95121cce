// How far a deployment is: its resources in the groups that people think in.
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import type { Schemas } from "../../api/schemas";
import { count, type Shown, shown } from "../../common/words";
import { GROUPS, kindOf } from "./kinds";

export type Deployment = Schemas["Deployment"];
export type Resource = Schemas["DeploymentResource"];

/** How a deployment stands; the name of its region follows. */
export const DEPLOYMENTS: Record<Deployment["state"], Shown> = {
  building: { type: "in-progress", text: "Building in" },
  built: { type: "success", text: "Built in" },
  failed: { type: "error", text: "Stopped in" },
  removing: { type: "in-progress", text: "Removing from" },
};

export const RESOURCES: Record<Resource["state"], Shown> = {
  done: { type: "success", text: "In place" },
  "in-hand": { type: "in-progress", text: "In hand" },
  "to-come": { type: "pending", text: "To come" },
  removing: { type: "in-progress", text: "Being removed" },
};

/** A group of resources and how it stands as a whole. */
export interface Group {
  title: string;
  status: StatusIndicatorProps.Type;
  /** "3 of 4 in place". */
  standing: string;
  /** What is being worked on now. */
  inHand: string[];
}

/** Whether a deployment still changes by itself, so that it is worth looking again. */
export function isMoving({ state }: Pick<Deployment, "state">): boolean {
  return shown(DEPLOYMENTS, state).type === "in-progress";
}

/** How much is in place, or is gone, of a deployment, in percent. */
export function percent({ resources }: Pick<Deployment, "resources">): number {
  const done = resources.filter(({ state }) => state === "done").length;
  return resources.length === 0 ? 0 : Math.floor((100 * done) / resources.length);
}

/** How much of all that there is to be is in place: "16 resources", "3 of 16 resources". */
export function inPlace(deployments: Pick<Deployment, "resources">[]): string {
  const all = deployments.flatMap(({ resources }) => resources);
  const done = all.filter(({ state }) => state === "done").length;
  return done === all.length ? count(done, "resource") : `${done} of ${count(all.length, "resource")}`;
}

/** The groups of a deployment that have any resources. */
export function groups({ resources, state, trouble }: Deployment): Group[] {
  return GROUPS.map((title) => ({ title, own: resources.filter(({ kind }) => kindOf(kind).group === title) }))
    .filter(({ own }) => own.length > 0)
    .map(({ title, own }) => {
      const stuck = own.some(({ name }) => name === trouble?.resource);
      const inHand = own.filter((one) => one.state === "in-hand").map(({ name }) => name);
      return { title, status: statusOf(own, state, stuck), standing: standing(own), inHand };
    });
}

function statusOf(own: Resource[], state: Deployment["state"], stuck: boolean) {
  if (stuck) return state === "failed" ? "error" : "warning";
  if (own.every((one) => one.state === "done")) return "success";
  return own.every((one) => one.state === "to-come") ? "pending" : "in-progress";
}

function standing(own: Resource[]): string {
  const removing = own.filter(({ state }) => state === "removing").length;
  if (removing > 0) return `${count(removing, "resource")} to be removed`;
  const done = own.filter(({ state }) => state === "done").length;
  return `${done} of ${own.length} in place`;
}
