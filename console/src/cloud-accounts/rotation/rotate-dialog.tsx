import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { asFailure } from "../../api/failure";
import { Confirm } from "../../common/dialog";
import { range } from "../../common/limits";
import { Time } from "../../common/time";
import type { CloudAccount } from "../queries";
import { rotationScheduleQuery, rotationsQuery } from "./queries";
import { DAYS, everyDays, type Rotation, standing } from "./rotation";

/** Says what a rotation does, begins one, and shows how far it is. */
export function RotateDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const client = useQueryClient();
  const { id } = account;
  const rotations = useQuery(rotationsQuery(id));
  const newest = rotations.data?.[0];
  const underWay = newest !== undefined && newest.finishedTimestamp === null;
  const rotate = useMutation({
    mutationFn: () => answer(api.POST("/api/cloud-accounts/{id}/rotate", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries(rotationsQuery(id)),
  });

  return (
    <Confirm
      title="Rotate access key"
      size="large"
      verb="Rotate key"
      close="Close"
      action={rotate}
      disabled={underWay || !rotations.data}
      onConfirm={rotate.mutate}
      onClose={onClose}
    >
      <SpaceBetween size="l">
        {rotations.error && <Alert type="error">{asFailure(rotations.error).message}</Alert>}
        <Box>
          Berth creates a second key for the IAM user of <b className="isolated">{account.name}</b>, verifies
          everything with it, and uses it from then on. The old key keeps working until nobody has used it for
          a while; then it is switched off, and deleted a little later. Nothing is touched when a permission
          is missing or the user has another key.
        </Box>
        {newest && <Progress rotation={newest} />}
        <Schedule id={id} />
      </SpaceBetween>
    </Confirm>
  );
}

function Progress({ rotation }: { rotation: Rotation }) {
  const client = useQueryClient();
  const { type, text, undo } = standing(rotation);
  const path = { id: rotation.cloudAccountId, rotationId: rotation.id };
  const take = useMutation({
    mutationFn: () =>
      answer(
        undo === "cancel"
          ? api.DELETE("/api/cloud-accounts/{id}/rotations/{rotationId}", { params: { path } })
          : api.POST("/api/cloud-accounts/{id}/rotations/{rotationId}/reactivate", { params: { path } }),
      ),
    onSettled: () => client.invalidateQueries(rotationsQuery(rotation.cloudAccountId)),
  });
  return (
    <SpaceBetween size="xs">
      <Box variant="h4">
        <StatusIndicator type={type}>{text}</StatusIndicator>
      </Box>
      <Box>{rotation.status}</Box>
      {take.error && <Alert type="error">{asFailure(take.error).message}</Alert>}
      {undo && (
        <Button loading={take.isPending} onClick={() => take.mutate()}>
          {undo === "cancel" ? "Cancel rotation" : "Switch the old key on again"}
        </Button>
      )}
      <ol aria-label="What happened">
        {rotation.events.map(({ timestamp, description }) => (
          <li key={timestamp + description}>
            {description}{" "}
            <Box variant="small" display="inline">
              <Time at={timestamp} />
            </Box>
          </li>
        ))}
      </ol>
    </SpaceBetween>
  );
}

function Schedule({ id }: { id: number }) {
  const client = useQueryClient();
  const schedule = useQuery(rotationScheduleQuery(id));
  const [typed, setTyped] = useState<string | null>(null);
  const kept = schedule.data?.everyDays;
  const shown = typed ?? (kept === null || kept === undefined ? "" : String(kept));
  const days = everyDays(shown);
  const save = useMutation({
    mutationFn: (days: number | null) =>
      answer(
        api.PUT("/api/cloud-accounts/{id}/rotation-schedule", {
          params: { path: { id } },
          body: { everyDays: days },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries(rotationScheduleQuery(id));
      setTyped(null);
    },
  });
  return (
    <FormField
      label="Rotate every so many days"
      description="0 is never. Empty: as the operator of this Berth decided."
      errorText={
        days === undefined
          ? `Enter a whole number from ${range(DAYS)}.`
          : save.error && asFailure(save.error).message
      }
      secondaryControl={
        <Button
          loading={save.isPending}
          disabled={typed === null || days === undefined}
          onClick={() => days !== undefined && save.mutate(days)}
        >
          Save
        </Button>
      }
    >
      <Input
        value={shown}
        inputMode="numeric"
        disabled={!schedule.data}
        onChange={({ detail }) => setTyped(detail.value)}
      />
    </FormField>
  );
}
