import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import type { CloudAccount } from "../api/types";
import { FIELDS_OF, LABELS } from "./fields";
import { FieldProblem, summary } from "./field-problem";
import { place } from "./findings";
import { useVerification } from "./use-verification";
import { VerificationProgress } from "./verification-progress";

/** Checks an account as it is, and changes nothing. */
export function VerifyDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const request = useMemo(() => ({ cloudAccountId: account.id }), [account.id]);
  const { snapshot, again } = useVerification(request);
  const placed = place("findings" in snapshot ? snapshot.findings : [], FIELDS_OF.edit);
  return (
    <Modal
      visible
      header={
        <>
          Verify <span className="isolated">{account.name}</span>
        </>
      }
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button onClick={onClose}>Close</Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {snapshot.phase === "failed" && <Alert type="error">{snapshot.failure.message}</Alert>}
        {placed.general.map(({ message, remedy, blocking }, index) => (
          <Alert key={index} type={blocking ? "error" : "warning"}>
            {message} {remedy}
          </Alert>
        ))}
        <VerificationProgress snapshot={snapshot} again={again} />
        {FIELDS_OF.edit.map((field) => {
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
    </Modal>
  );
}
