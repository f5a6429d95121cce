// The allow list as it is typed: the server's own rules, told before anything is sent.
import type { Problem } from "../../api/failure";
import { AllowListUpdate, SubscriptionNetworkRequest } from "../../api/limits";
import type { Schemas } from "../../api/schemas";
import { isText } from "../../common/limits";
import { parseAddress, parseNetwork, truncated } from "../cidr";

export type AllowList = Schemas["AllowList"];

/** Of both kinds together. */
export const MOST_ENTRIES = AllowListUpdate.cidrIps.maxItems;

/** The entries without spaces around them, as they are sent. */
export function cleanList({ cidrIps, securityGroupIds }: AllowList): AllowList {
  const clean = (entries: string[]) => entries.map((entry) => entry.trim());
  return { cidrIps: clean(cidrIps), securityGroupIds: clean(securityGroupIds) };
}

/** Everything that is wrong with an allow list. */
export function listProblems({ cidrIps, securityGroupIds }: AllowList): Problem[] {
  const found: Problem[] = [];
  const check = (name: string, entries: string[], problem: (entry: string) => string | null) =>
    entries.forEach((entry, at) => {
      const message = problem(entry) ?? (entries.indexOf(entry) < at ? "This is in the list twice." : null);
      if (message) found.push({ field: `${name}[${at}]`, message });
    });
  check("cidrIps", cidrIps, networkProblem);
  check("securityGroupIds", securityGroupIds, (id) =>
    isText(id, SubscriptionNetworkRequest.securityGroupId)
      ? null
      : "Enter the id of a security group, such as sg-0125be68a4625884a.",
  );
  const entries = cidrIps.length + securityGroupIds.length;
  if (entries > MOST_ENTRIES) {
    const message = `There may be at most ${MOST_ENTRIES} entries in all; these are ${entries}.`;
    found.push({ field: "cidrIps", message });
  }
  return found;
}

function networkProblem(text: string): string | null {
  if (parseAddress(text) !== null) return null;
  const network = parseNetwork(text);
  return network && truncated(network).first === network.first
    ? null
    : "Enter an IPv4 network without bits behind its prefix, such as 10.1.0.0/16.";
}
