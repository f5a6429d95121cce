import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import type { Schemas } from "../api/schemas";
import { FormDialog } from "../common/dialog";
import { mfaCodeProblem, minutesProblem, reasonProblem } from "./session";

interface Props {
  account: Pick<Schemas["ConsoleCloudAccount"], "id" | "name">;
  onClose: () => void;
  /** Is given the sign-in URL. */
  onOpened: (url: string) => void;
}

/** Opens a session in the account's AWS console. */
export function OpenSession({ account, onClose, onOpened }: Props) {
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState("30");
  const [mfaCode, setMfaCode] = useState("");
  const open = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/cloud-accounts/{id}/console-sessions", {
          params: { path: { id: account.id } },
          body: {
            reason: reason.trim(),
            minutes: Number(minutes),
            ...(mfaCode.trim() && { mfaCode: mfaCode.trim() }),
          },
        }),
      ),
    onSuccess: (opened) => onOpened(opened.signInUrl),
  });

  return (
    <FormDialog
      title="Open the AWS console of"
      about={account.name}
      verb="Open a session"
      close="Back"
      action={open}
      fields={{
        reason: { label: "Reason", problem: reasonProblem(reason.trim()) },
        minutes: { label: "Minutes", problem: minutesProblem(minutes) },
        mfaCode: { label: "MFA code", problem: mfaCodeProblem(mfaCode.trim()) },
      }}
      onSubmit={open.mutate}
      onClose={onClose}
    >
      {(field) => (
        <SpaceBetween size="m">
          {field(
            "reason",
            <Input value={reason} onChange={({ detail }) => setReason(detail.value)} />,
            "It stands in the log, with your name.",
          )}
          {field(
            "minutes",
            <Input
              value={minutes}
              type="number"
              inputMode="numeric"
              onChange={({ detail }) => setMinutes(detail.value)}
            />,
          )}
          {field(
            "mfaCode",
            <Input
              value={mfaCode}
              autoComplete={false}
              inputMode="numeric"
              onChange={({ detail }) => setMfaCode(detail.value)}
            />,
            "Where the console role asks for a second factor: what the operator's device shows.",
          )}
        </SpaceBetween>
      )}
    </FormDialog>
  );
}
