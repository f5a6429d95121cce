import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

import { asFailure } from "../api/failure";

interface Props {
  title: string;
  /** The button's text: what is about to be done. */
  verb: string;
  action: { isPending: boolean; error: unknown };
  /** While something is missing that was asked for. */
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done that can't be undone. */
export function Confirm({ title, verb, action, disabled, onConfirm, onClose, children }: Props) {
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={disabled} loading={action.isPending} onClick={onConfirm}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {action.error != null && <Alert type="error">{asFailure(action.error).message}</Alert>}
        {children}
      </SpaceBetween>
    </Modal>
  );
}
