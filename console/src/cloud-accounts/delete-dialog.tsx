import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { Confirm, Dialog } from "../common/dialog";
import { useFollowTask } from "../tasks/use-follow-task";
import type { CloudAccount } from "./queries";

/** Asks before an account is removed; while subscriptions use it, only says which. */
export function DeleteDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const followTask = useFollowTask();
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE("/v1/cloud-accounts/{id}", { params: { path: { id: account.id } } })),
    onSuccess: async (task) => {
      await followTask(task);
      onClose();
    },
  });
  const title = "Delete cloud account";
  const name = <b className="isolated">{account.name}</b>;

  if (account.usedBy.length > 0) {
    return (
      <Dialog title={title} onClose={onClose}>
        <SpaceBetween size="m">
          <span>{name} cannot be deleted while subscriptions use it:</span>
          <ul>
            {account.usedBy.map(({ id, name }) => (
              <li key={id} className="isolated">
                {name}
              </li>
            ))}
          </ul>
          <span>Delete these subscriptions first, or have them use another cloud account.</span>
        </SpaceBetween>
      </Dialog>
    );
  }
  return (
    <Confirm title={title} verb="Delete" action={remove} onConfirm={remove.mutate} onClose={onClose}>
      <span>
        Delete {name} (AWS account {account.awsAccountId})? Berth forgets its access key and can no longer
        provision in this AWS account.
      </span>
      <Box color="text-body-secondary">
        Nothing is deleted in AWS: the user, the key and the roles stay until you delete them there.
      </Box>
    </Confirm>
  );
}
