import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { asFailure, type Failure, type Problem } from "../../api/failure";
import { cloudAccountsQuery } from "../../cloud-accounts/queries";
import { useSlow } from "../../common/states";
import { count } from "../../common/words";
import { listed, type OrderForm, type RegionForm } from "./order";
import type { PlannedRegion } from "./plan";
import { PlannedRegionView } from "./planned-region";
import { fixedPlansQuery } from "./queries";
import { STEP_NAMES, type StepId, stepOf } from "./steps";

/** How the dry run stands. */
export interface Planning {
  isPending: boolean;
  error: unknown;
  data: PlannedRegion[] | undefined;
  again: () => void;
}

interface Props {
  form: OrderForm;
  /** What is wrong with what is typed, wherever it is mended. */
  problems: Problem[];
  /** Why the order itself was refused, where no field is to blame. */
  refusal: Failure | null;
  /** Absent where there is nothing to plan: a fixed size is built by nobody here. */
  planning?: Planning;
  edit: (step: StepId) => void;
}

/** What is ordered, what would be built, and what stands against it. */
export function ReviewStep({ form, problems, refusal, planning, edit }: Props) {
  return (
    <SpaceBetween size="l">
      {problems.length > 0 && <Problems problems={problems} edit={edit} again={planning?.again} />}
      {refusal && problems.length === 0 && (
        <Alert type="error" header="The subscription was not ordered">
          {refusal.message}
        </Alert>
      )}
      {form.plan === "flexible" ? <Ordered form={form} edit={edit} /> : <FixedSize form={form} edit={edit} />}
      {planning && problems.length === 0 && <Plan planning={planning} />}
    </SpaceBetween>
  );
}

function Problems({ problems, edit, again }: Pick<Props, "problems" | "edit"> & { again?: () => void }) {
  return (
    <Alert
      type="error"
      header="It cannot be ordered like this"
      action={
        again && (
          <Button formAction="none" onClick={again}>
            Check again
          </Button>
        )
      }
    >
      <ul>
        {problems.map(({ field, message }) => (
          <li key={field + message}>
            {message}{" "}
            {stepOf(field) !== "review" && (
              <Button variant="inline-link" formAction="none" onClick={() => edit(stepOf(field))}>
                Go to {STEP_NAMES[stepOf(field)]}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function Section({ step, edit, children }: { step: StepId; edit: Props["edit"]; children: ReactNode }) {
  const name = STEP_NAMES[step];
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={
            <Button formAction="none" ariaLabel={`Edit ${name}`} onClick={() => edit(step)}>
              Edit
            </Button>
          }
        >
          {name}
        </Header>
      }
    >
      {children}
    </Container>
  );
}

function Ordered({ form, edit }: Pick<Props, "form" | "edit">) {
  const accounts = useQuery(cloudAccountsQuery);
  const account = accounts.data?.find(({ id }) => String(id) === form.cloudAccountId);
  return (
    <SpaceBetween size="m">
      <Section step="plan" edit={edit}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Plan", value: "Flexible or Annual" },
            {
              label: "Name",
              value: <span className="isolated">{form.name.trim() || "Made up by Berth"}</span>,
            },
            {
              label: "Cloud account",
              value: (
                <span className="isolated">
                  {account ? `${account.name} (AWS account ${account.awsAccountId})` : form.cloudAccountId}
                </span>
              ),
            },
          ]}
        />
      </Section>
      <Section step="regions" edit={edit}>
        <KeyValuePairs
          columns={3}
          items={form.regions.map((one) => ({
            label: one.region || "No region",
            value: (
              <span className="isolated">
                {one.zones === "single" ? "One zone" : "Three zones"}
                {one.preferred.length > 0 && `: ${one.preferred.join(", ")}`}
                <br />
                {network(one)}
              </span>
            ),
          }))}
        />
      </Section>
      <Section step="databases" edit={edit}>
        <KeyValuePairs
          columns={3}
          items={form.databases.map((one, at) => ({
            label: one.name || `Database ${at + 1}`,
            value: `${Number(one.quantity) > 1 ? `${one.quantity} × ` : ""}${one.size} GB of ${one.sizeOf === "dataset" ? "data" : "memory"}${one.replication ? ", replicated" : ""}`,
          }))}
        />
      </Section>
      <Section step="tags" edit={edit}>
        {form.tags.length === 0 ? (
          <Box color="text-body-secondary">No tags besides Berth's own.</Box>
        ) : (
          <KeyValuePairs
            columns={3}
            items={form.tags.map(({ key, value }) => ({
              label: key,
              value: <span className="isolated">{value || "(empty)"}</span>,
            }))}
          />
        )}
      </Section>
    </SpaceBetween>
  );
}

function network(one: RegionForm): string {
  return one.network === "managed"
    ? `A new VPC, ${one.cidr.trim()}`
    : `${one.vpcId.trim()} with ${listed(one.subnetIds).join(", ")} and ${one.securityGroupId.trim()}`;
}

function FixedSize({ form, edit }: Pick<Props, "form" | "edit">) {
  const plans = useQuery(fixedPlansQuery);
  const plan = plans.data?.find(({ id }) => String(id) === form.fixedPlanId);
  return (
    <Section step="size" edit={edit}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Name", value: <span className="isolated">{form.name.trim()}</span> },
          { label: "Size", value: plan?.name ?? form.fixedPlanId },
          { label: "Region", value: form.fixedRegion },
        ]}
      />
    </Section>
  );
}

function Plan({ planning: { isPending, error, data, again } }: { planning: Planning }) {
  const slow = useSlow(isPending);
  if (isPending) {
    return (
      <Container header={<Header variant="h2">What would be built</Header>}>
        <StatusIndicator type="loading">Asking AWS whether there is room for it</StatusIndicator>
        {slow && (
          <Box color="text-body-secondary">
            This takes longer than usual. It may still come; nothing is built meanwhile.
          </Box>
        )}
      </Container>
    );
  }
  if (error) {
    return (
      <Alert
        type="error"
        header="There is no plan"
        action={
          <Button formAction="none" onClick={again}>
            Plan again
          </Button>
        }
      >
        {asFailure(error).message}
      </Alert>
    );
  }
  if (!data) return null;
  const resources = data.reduce((all, region) => all + region.resources.length, 0);
  return (
    <SpaceBetween size="l">
      <Alert
        type="success"
        header="There is room for it"
        action={
          <Button formAction="none" onClick={again}>
            Plan again
          </Button>
        }
      >
        {`${count(resources, "AWS resource")} would be made. Nothing is made before you choose Create subscription.`}
      </Alert>
      {data.map((region) => (
        <PlannedRegionView key={region.region} planned={region} />
      ))}
    </SpaceBetween>
  );
}
