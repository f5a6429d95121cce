import { KEYS } from "../api/query-client";
import type { Schemas } from "../api/schemas";
import { told } from "../common/words";

type CommandType = Schemas["Task"]["commandType"];

/** What a task does, in words, and what is done about it here. */
interface Command {
  doing: string;
  done: string;
  /** What is asked for anew when it is finished. */
  changes: readonly string[];
  /** Whether its steps are the checks of a verification. */
  verifies?: true;
  /** Nobody wants to know. */
  untold?: true;
}

const account = (doing: string, done: string): Command => ({ doing, done, changes: [KEYS.cloudAccounts] });
const order = (doing: string, done: string): Command => ({
  doing,
  done,
  changes: [KEYS.subscriptions, KEYS.session],
});

const COMMANDS: Record<CommandType, Command> = {
  cloudAccountCreateRequest: {
    ...account("Adding the cloud account", "Cloud account added"),
    verifies: true,
  },
  cloudAccountUpdateRequest: {
    ...account("Updating the cloud account", "Cloud account updated"),
    verifies: true,
  },
  cloudAccountDeleteRequest: account("Deleting the cloud account", "Cloud account deleted"),
  subscriptionCreateRequest: order("Ordering the subscription", "Subscription ordered"),
  subscriptionUpdateRequest: order("Changing the subscription", "Subscription changed"),
  subscriptionDeleteRequest: order("Ordering the removal", "The subscription is being removed"),
  subscriptionResourceTagsUpdateRequest: order("Saving the tags", "Tags saved"),
  cidrGetRequest: { ...order("Reading the allow list", "Allow list read"), untold: true },
  cidrUpdateRequest: order("Saving the allow list", "Allow list saved"),
  subscriptionMaintenanceWindowsUpdateRequest: order("Saving the windows", "Windows saved"),
  fixedSubscriptionCreateRequest: order("Ordering the subscription", "Subscription ordered"),
  fixedSubscriptionUpdateRequest: order("Changing the subscription", "Subscription changed"),
  fixedSubscriptionDeleteRequest: order("Deleting the subscription", "Subscription deleted"),
};

/** What a task does. */
export function commandOf({ commandType }: { commandType: CommandType }): Command {
  return told(COMMANDS, commandType, (unknown) => order(unknown, unknown));
}
