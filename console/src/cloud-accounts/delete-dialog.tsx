import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import type { CloudAccount } from "../api/schemas";
import { useFollowTask } from "../tasks/tracker";

/** Asks before an account is removed; while subscriptions use it, only says which. */
export function DeleteDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const followTask = useFollowTask();
  const used = account.usedBy.length > 0;
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE("/v1/cloud-accounts/{id}", { params: { path: { id: account.id } } })),
    onSuccess: async (task) => {
      await followTask(task);
      onClose();
    },
  });
  const name = <b className="isolated">{account.name}</b>;

  return (
    <Modal
      visible
      header="Delete cloud account"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant={used ? "normal" : "link"} onClick={onClose}>
              {used ? "Close" : "Cancel"}
            </Button>
            {!used && (
              <Button variant="primary" loading={remove.isPending} onClick={() => remove.mutate()}>
                Delete
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {remove.error && <Alert type="error">{asFailure(remove.error).message}</Alert>}
        {used ? (
          <>
            <span>{name} cannot be deleted while subscriptions use it:</span>
            <ul>
              {account.usedBy.map(({ id, name }) => (
                <li key={id} className="isolated">
                  {name}
                </li>
              ))}
            </ul>
            <span>Delete these subscriptions first, or have them use another cloud account.</span>
          </>
        ) : (
          <>
            <span>
              Delete {name} (AWS account {account.awsAccountId})? Berth forgets its access key and can no
              longer provision in this AWS account.
            </span>
            <Box color="text-body-secondary">
              Nothing is deleted in AWS: the user, the key and the roles stay until you delete them there.
            </Box>
          </>
        )}
      </SpaceBetween>
    </Modal>
  );
}
