import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import type { CloudAccount } from "../api/schemas";
import { minutesProblem } from "./minutes";

interface Props {
  account: CloudAccount;
  onClose: () => void;
  /** Is given the sign-in URL. */
  onOpened: (url: string) => void;
}

/** Opens a session in the account's AWS console. */
export function OpenSession({ account, onClose, onOpened }: Props) {
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState("30");
  const [mfaCode, setMfaCode] = useState("");
  const [tried, setTried] = useState(false);
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
  const failure = open.error ? asFailure(open.error) : null;
  const said = (field: string) => failure?.fields.find((one) => one.field === field)?.message;
  const wrongMinutes = minutesProblem(minutes);

  function submit() {
    setTried(true);
    if (reason.trim() !== "" && !wrongMinutes) open.mutate();
  }

  return (
    <Modal
      visible
      header={
        <>
          Open the AWS console of <span className="isolated">{account.name}</span>
        </>
      }
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Back
            </Button>
            <Button variant="primary" loading={open.isPending} onClick={submit}>
              Open a session
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failure && failure.fields.length === 0 && <Alert type="error">{failure.message}</Alert>}
        <FormField
          label="Reason"
          description="It stands in the log, with your name."
          errorText={tried && (reason.trim() === "" ? "Reason is required." : said("reason"))}
        >
          <Input value={reason} autoFocus onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
        <FormField label="Minutes" errorText={tried && (wrongMinutes ?? said("minutes"))}>
          <Input
            value={minutes}
            type="number"
            inputMode="numeric"
            onChange={({ detail }) => setMinutes(detail.value)}
          />
        </FormField>
        <FormField
          label="MFA code"
          description="Where the console role asks for a second factor: what the operator's device shows."
          errorText={said("mfaCode")}
        >
          <Input
            value={mfaCode}
            autoComplete={false}
            inputMode="numeric"
            onChange={({ detail }) => setMfaCode(detail.value)}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
