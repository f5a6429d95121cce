// The dialogs "Add cloud account" and "Edit cloud account".
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { asFailure } from "../api/failure";
import { FormDialog } from "../common/dialog";
import { useFollow } from "../common/follow";
import { Info } from "../common/info";
import { useOnline } from "../common/states";
import { useDraft } from "../common/storage";
import { useCurrent } from "../session/context";
import { useFollowTask } from "../tasks/use-follow-task";
import { VerificationProgress } from "../verification/progress";
import type { VerifyRequest } from "../verification/stream";
import { useVerification } from "../verification/use-verification";
import { isAbout, isVerified } from "../verification/verifier";
import { afterPress } from "./after-press";
import { ExternalIdActions, ExternalIdInfo, Expiry, useIssue } from "./external-id";
import { FieldProblem, summary } from "./field-problem";
import {
  type AccessMode,
  cleaned,
  type Field,
  fieldsOf,
  type Form,
  initialForm,
  LABELS,
  type Mode,
  problems,
  request as requestOf,
  SECRETS,
} from "./fields";
import { type FieldState, type Placed, place, placeFailure } from "./findings";
import { isSame, save as submit } from "./save";
import { SecretInput } from "./secret-input";

const NOTHING: Placed = { fields: {}, general: [] };

/** What of a form may be kept in the browser. */
function withoutSecrets(form: Form): Partial<Form> {
  return Object.fromEntries(Object.entries(form).filter(([field]) => !SECRETS.includes(field as Field)));
}

interface Props {
  mode: Mode;
  /** Where the guide leads back to, when not to the Cloud Account tab. */
  guide?: "wizard";
  onClose: () => void;
}

export function AccountDialog({ mode, guide, onClose }: Props) {
  const { session } = useCurrent();
  const online = useOnline();
  const followLink = useFollow();
  const followTask = useFollowTask();
  const adding = mode.kind === "add";
  const draft = adding ? "add" : `edit-${mode.account.id}`;
  const [form, setForm, forget, restored] = useDraft(
    session.user.id,
    draft,
    initialForm(mode),
    withoutSecrets,
  );
  const [left, setLeft] = useState<Partial<Record<Field, boolean>>>({});

  const shown = fieldsOf(mode, form.accessMode);
  const malformed = problems(form, mode);
  const request = requestOf(form, mode);
  const { snapshot, again } = useVerification(request);
  const current = isAbout(snapshot, request);
  const verified = isVerified(snapshot, request);
  const save = useMutation({
    mutationFn: (wanted: VerifyRequest) => submit(mode, wanted),
    onSuccess: async (task) => {
      forget();
      await followTask(task);
      onClose();
    },
  });

  const { issue, ...issuing } = useIssue((issued) => setForm({ ...form, ...issued }));

  const placed = placeAll();

  function placeAll(): Placed {
    if (save.error && save.variables && isSame(save.variables, request)) {
      return placeFailure(asFailure(save.error), shown);
    }
    if (!current) return NOTHING;
    if (snapshot.phase === "failed") return placeFailure(snapshot.failure, shown);
    return "findings" in snapshot ? place(snapshot.findings, shown) : NOTHING;
  }

  function stateOf(field: Field): FieldState | undefined {
    const message = malformed[field];
    // Not before the person is done with the field, but at once when it was filled in before.
    const due = left[field] || (restored && form[field] !== "");
    if (message) return due ? { level: "error", notes: [{ message }], statements: [] } : undefined;
    return placed.fields[field];
  }

  function close() {
    forget();
    onClose();
  }

  function attributes(field: Field) {
    return {
      value: form[field],
      disabled: save.isPending || issuing.isPending,
      onBlur: () => afterPress(() => setLeft((before) => ({ ...before, [field]: true }))),
      onChange: ({ detail }: { detail: { value: string } }) =>
        setForm({
          ...form,
          ...(field === "externalId" && { externalIdExpires: "" }),
          [field]: cleaned(field, detail.value),
        }),
    };
  }

  function field(
    name: Field,
    {
      info,
      input,
      note,
      actions,
    }: { info?: ReactNode; input?: ReactNode; note?: ReactNode; actions?: ReactNode } = {},
  ) {
    const state = stateOf(name);
    const label = LABELS[name];
    return (
      <FormField
        label={label}
        info={info}
        constraintText={note}
        secondaryControl={actions}
        errorText={state?.level === "error" && summary(state)}
        warningText={state?.level === "warning" && summary(state)}
        stretch
      >
        <div className="with-problem">
          {input ?? <Input {...attributes(name)} spellcheck={false} autoComplete="off" />}
          {state && <FieldProblem label={label} state={state} />}
        </div>
      </FormField>
    );
  }

  const secret = (name: Field) => (
    <SecretInput label={LABELS[name]} placeholder={adding ? undefined : "unchanged"} {...attributes(name)} />
  );

  return (
    <FormDialog
      title={adding ? "Add cloud account" : "Edit cloud account"}
      verb={adding ? "Add account" : "Update account"}
      busyText={adding ? "Adding account" : "Updating account"}
      // Its error is told beside the field at fault.
      action={{ isPending: save.isPending, error: null }}
      disabled={!verified || !online}
      onSubmit={() => request && save.mutate(request)}
      onClose={close}
    >
      <SpaceBetween size="l">
        {!online && (
          <Alert type="warning">
            You are offline. What you typed stays here; access is verified when you are back.
          </Alert>
        )}
        {placed.general.map(({ message, remedy, blocking }, index) => (
          <Alert
            key={index}
            type={blocking ? "error" : "warning"}
            action={
              blocking && (
                <Button formAction="none" onClick={again}>
                  Check again
                </Button>
              )
            }
          >
            {message} {remedy}
          </Alert>
        ))}
        <Box color="text-body-secondary">
          {adding
            ? "What Berth needs must exist in your AWS account before you add it here. "
            : "The old credentials keep working until the new ones are verified. "}
          <Link
            href={guideTo(guide ?? draft, form)}
            onFollow={followLink}
            ariaLabel="Read more about creating IAM resources"
          >
            Read more
          </Link>
        </Box>
        {field("name", {
          input: <Input {...attributes("name")} autoComplete="off" placeholder="production" />,
        })}
        <Header variant="h3">Programmatic access</Header>
        <Tiles
          value={form.accessMode}
          columns={2}
          ariaLabel="How Berth gets in"
          onChange={({ detail }) => setForm({ ...form, accessMode: detail.value as AccessMode })}
          items={[
            {
              value: "keys",
              label: "By access key",
              description: "Of an IAM user. Berth keeps its secret, sealed.",
              disabled: save.isPending || issuing.isPending,
            },
            {
              value: "role",
              label: "By role",
              description: "Berth assumes it for an hour at a time. Nothing secret is kept.",
              disabled: save.isPending || issuing.isPending,
            },
          ]}
        />
        {form.accessMode === "keys" ? (
          <SpaceBetween size="l">
            {field("accessKeyId")}
            {field("accessSecretKey", { input: secret("accessSecretKey") })}
          </SpaceBetween>
        ) : (
          <SpaceBetween size="l">
            {field("externalId", {
              info: <ExternalIdInfo />,
              note: <Expiry at={form.externalIdExpires} />,
              actions: <ExternalIdActions id={form.externalId} issue={issue} busy={issuing.isPending} />,
            })}
            {issuing.error && <Alert type="error">{issuing.error}</Alert>}
            {field("roleArn")}
          </SpaceBetween>
        )}
        <Header variant="h3">Console access</Header>
        {!adding && field("consoleUsername")}
        {!adding && field("consolePassword", { input: secret("consolePassword") })}
        {field("consoleRoleName", { info: <RoleInfo /> })}
        <VerificationProgress
          snapshot={current ? snapshot : request ? { phase: "waiting", request } : { phase: "idle" }}
          again={again}
          idle={
            adding
              ? "Access is verified by itself as soon as all fields are filled in. Nothing is saved before."
              : "Access is verified by itself as soon as something is changed. Nothing is saved before."
          }
        />
      </SpaceBetween>
    </FormDialog>
  );
}

function RoleInfo() {
  return (
    <Info
      header="IAM role name"
      label="Which role this is"
      text="The role through which the operator's support staff get into your AWS console: its name, not its ARN. It trusts the operator's AWS account and asks for a second factor. It is not the role of the user whose access key stands above."
    />
  );
}

/** Where it stands what to create in AWS, for what the form is about. */
function guideTo(back: string, { accessMode, externalId }: Form): string {
  const search = new URLSearchParams({ back, mode: accessMode });
  if (accessMode === "role" && externalId !== "") search.set("externalId", externalId);
  return `/guides/iam-resources?${search}`;
}
