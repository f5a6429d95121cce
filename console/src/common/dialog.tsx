// The dialogs of the console: what all of them do alike stands here.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal, { type ModalProps } from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { asFailure } from "../api/failure";
import { focusFirstProblem } from "./focus";
import { sentence } from "./words";

interface Frame {
  title: string;
  /** Whom or what it is about, as somebody named it; follows the title. */
  about?: string;
  size?: ModalProps.Size;
  onClose: () => void;
  /** The text of the button that does nothing but close; none when empty. */
  close?: string;
}

interface DialogProps extends Frame {
  /** The button that does what the dialog is for; `form` is the id of the form that it submits. */
  primary?: {
    text: string;
    onClick?: () => void;
    form?: string;
    disabled?: boolean;
    busy?: boolean;
    busyText?: string;
  };
  /** Other buttons, between the one that closes and the primary one. */
  actions?: ReactNode;
  /** Whether a click beside it closes nothing. */
  persistent?: boolean;
  children: ReactNode;
}

/** A title, something to read, and buttons. The cross and Escape close it. */
export function Dialog({ close = "Close", onClose, primary, actions, persistent, ...props }: DialogProps) {
  return (
    <Modal
      visible
      size={props.size}
      header={
        <>
          {props.title} {props.about && <span className="isolated">{props.about}</span>}
        </>
      }
      closeAriaLabel="Close"
      onDismiss={({ detail }) => (detail.reason !== "overlay" || !persistent) && onClose()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            {close !== "" && (
              <Button variant={primary ? "link" : "normal"} onClick={() => onClose()}>
                {close}
              </Button>
            )}
            {actions}
            {primary && (
              <Button
                variant="primary"
                form={primary.form}
                disabled={primary.disabled}
                loading={primary.busy}
                loadingText={primary.busyText}
                onClick={() => primary.onClick?.()}
              >
                {primary.text}
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      {props.children}
    </Modal>
  );
}

/** What a dialog does when the primary button is chosen, and how that goes. */
interface Doing {
  /** The primary button's text: what is about to be done. */
  verb: string;
  busyText?: string;
  action: { isPending: boolean; error: unknown };
  /** While it can't be done. */
  disabled?: boolean;
}

interface ConfirmProps extends Frame, Doing {
  onConfirm: () => void;
  children: ReactNode;
}

/** Asks before something is done. */
export function Confirm({ verb, busyText, action, disabled, onConfirm, children, ...frame }: ConfirmProps) {
  const primary = { text: verb, busy: action.isPending, busyText, disabled, onClick: onConfirm };
  return (
    <Dialog close="Cancel" {...frame} primary={primary}>
      <SpaceBetween size="m">
        {action.error != null && <Alert type="error">{asFailure(action.error).message}</Alert>}
        {children}
      </SpaceBetween>
    </Dialog>
  );
}

/** A field of a form, by its name in the request. */
interface Field {
  label: string;
  /** What is wrong with what is typed, told once somebody tried to send it. */
  problem?: string | false;
}

interface FormDialogProps<Name extends string> extends Frame, Doing {
  /** The fields beside which problems are shown. What the server says of others stands at the top. */
  fields?: Record<Name, Field>;
  /** Is called when no field has a problem. */
  onSubmit: () => void;
  children: ReactNode | ((field: Place<Name>) => ReactNode);
}

/** Puts a control under its label, with what is wrong with it. */
type Place<Name> = (name: Name, control: ReactNode, description?: string) => ReactNode;

/**
 * Asks for something and has it done. The first field has the focus at first, and the first that is wrong after
 * something was refused. Enter in a field is the primary button. A click beside the dialog closes nothing: what was
 * typed would be lost. Closed while it is busy, what was asked for is done all the same.
 */
export function FormDialog<Name extends string = never>(props: FormDialogProps<Name>) {
  const { fields, verb, busyText, action, disabled, onSubmit, children, ...frame } = props;
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [tries, setTries] = useState(0);
  const all = Object.entries<Field>(fields ?? {});
  const failure = action.error == null ? null : asFailure(action.error);
  const isPlaced = failure?.fields.every(({ field }) => all.some(([name]) => name === field));

  useEffect(() => {
    // After the dialog has moved the focus to its first button.
    const frame = requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>("input, textarea")?.focus(),
    );
    return () => cancelAnimationFrame(frame);
  }, []);
  useEffect(() => {
    if (tries > 0) focusFirstProblem(() => form.current);
  }, [tries, action.error]);

  function submit(event: FormEvent) {
    event.preventDefault();
    // The dialog may be inside another form, as far as React is concerned.
    event.stopPropagation();
    if (disabled || action.isPending) return;
    setTries(tries + 1);
    if (all.every(([, { problem }]) => !problem)) onSubmit();
  }

  const place: Place<Name> = (name, control, description) => {
    const { label, problem } = (fields as Record<Name, Field>)[name];
    const refused = failure?.fields.find(({ field }) => field === name);
    const told = (tries > 0 && problem) || (refused && sentence(label, refused.message));
    return (
      <FormField label={label} description={description} errorText={told}>
        {control}
      </FormField>
    );
  };

  const primary = { text: verb, busy: action.isPending, busyText, disabled, form: id };
  return (
    <Dialog close="Cancel" {...frame} persistent primary={primary}>
      <form id={id} ref={form} noValidate onSubmit={submit}>
        <SpaceBetween size="m">
          {failure && (failure.fields.length === 0 || !isPlaced) && (
            <Alert type="error">{failure.message}</Alert>
          )}
          {typeof children === "function" ? children(place) : children}
        </SpaceBetween>
      </form>
    </Dialog>
  );
}
