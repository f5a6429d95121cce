import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import { Dialog } from "../common/dialog";
import { VerificationProgress } from "../verification/progress";
import { verifyStored } from "../verification/stream";
import { useVerification } from "../verification/use-verification";
import { FieldProblem, summary } from "./field-problem";
import { fieldsOf, LABELS } from "./fields";
import { place } from "./findings";
import { type CloudAccount, cloudAccountsQuery } from "./queries";

/** Checks an account as it is: its status, its time of last verification and its history follow. */
export function VerifyDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const request = useMemo(() => ({ cloudAccountId: account.id }), [account.id]);
  const { snapshot, again } = useVerification(request, (_, signal) => verifyStored(account.id, signal));
  const client = useQueryClient();
  const done = snapshot.phase === "done";
  useEffect(() => {
    if (done) void client.invalidateQueries({ queryKey: cloudAccountsQuery.queryKey });
  }, [client, done]);
  const shown = fieldsOf({ kind: "edit", account }, account.accessMode);
  const placed = place("findings" in snapshot ? snapshot.findings : [], shown);
  return (
    <Dialog title="Verify" about={account.name} onClose={onClose}>
      <SpaceBetween size="m">
        {snapshot.phase === "failed" && <Alert type="error">{snapshot.failure.message}</Alert>}
        {placed.general.map(({ message, remedy, blocking }, index) => (
          <Alert key={index} type={blocking ? "error" : "warning"}>
            {message} {remedy}
          </Alert>
        ))}
        <VerificationProgress snapshot={snapshot} again={again} />
        {shown.map((field) => {
          const state = placed.fields[field];
          return (
            state && (
              <Box key={field}>
                <b>{LABELS[field]}:</b> {summary(state)} <FieldProblem label={LABELS[field]} state={state} />
              </Box>
            )
          );
        })}
      </SpaceBetween>
    </Dialog>
  );
}
