import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { deploymentsQuery } from "../api/query-client";
import type { ListedSubscription } from "../api/schemas";
import { Confirm } from "../common/dialog";
import { hasCloudAccounts } from "../common/words";
import { useChange } from "./change";
import { count } from "./order/plan";

interface Props {
  subscription: ListedSubscription;
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
  const confirmed = typed.trim() === name.trim();
  const submit = () => confirmed && !remove.isPending && remove.mutate(undefined, { onSuccess: onClose });

  return (
    <Confirm
      title="Delete subscription"
      verb="Delete"
      action={remove}
      disabled={!confirmed}
      onConfirm={submit}
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
          autoFocus
          autoComplete="off"
          spellcheck={false}
          ariaLabel="Name of the subscription"
          onChange={({ detail }) => setTyped(detail.value)}
          onKeyDown={({ detail }) => detail.key === "Enter" && submit()}
        />
      </FormField>
    </Confirm>
  );
}
