import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { FormDialog } from "../common/dialog";
import { count } from "../common/words";
import { hasCloudAccounts } from "../session/plans";
import { useChange } from "./change";
import { deploymentsQuery } from "./deployments/queries";
import type { Subscription } from "./queries";

interface Props {
  subscription: Subscription;
  onClose: () => void;
}

/** Deletes a subscription once its name was typed. */
export function DeleteSubscription({ subscription: { id, name, plan }, onClose }: Props) {
  const built = hasCloudAccounts(plan);
  const deployments = useQuery({ ...deploymentsQuery(id), enabled: built });
  const [typed, setTyped] = useState("");
  const params = { path: { id } };
  const remove = useChange(() =>
    answer(
      built
        ? api.DELETE("/v1/subscriptions/{id}", { params })
        : api.DELETE("/v1/fixed/subscriptions/{id}", { params }),
    ),
  );
  const found = deployments.data ?? [];

  return (
    <FormDialog
      title="Delete subscription"
      verb="Delete"
      action={remove}
      disabled={typed.trim() !== name.trim()}
      onSubmit={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Box>
        Delete <b className="isolated">{name}</b>? This can't be taken back.
      </Box>
      {found.length > 0 && (
        <Alert type="warning" header="Everything that Berth made for it is removed from AWS">
          <ul>
            {found.map((one) => (
              <li key={one.id}>
                {one.region}: {count(one.resources.length, "resource")}, with all data on their volumes
              </li>
            ))}
          </ul>
          What Berth did not make stays.
        </Alert>
      )}
      <FormField
        label={
          <>
            Type the name to confirm: <span className="isolated">{name}</span>
          </>
        }
      >
        <Input
          value={typed}
          autoComplete="off"
          spellcheck={false}
          ariaLabel="Name of the subscription"
          onChange={({ detail }) => setTyped(detail.value)}
        />
      </FormField>
    </FormDialog>
  );
}
