import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";

import type { PlanKind } from "./order";
import { Payment } from "./payment";
import type { StepProps } from "./steps";

export function PlanStep({ form, change, said }: StepProps) {
  const built = form.plan === "flexible";
  return (
    <Container header={<Header variant="h2">Plan and name</Header>}>
      <SpaceBetween size="l">
        <FormField label="Plan" stretch>
          <Tiles
            ariaLabel="Plan"
            value={form.plan}
            onChange={({ detail }) => change({ plan: detail.value as PlanKind })}
            items={[
              {
                value: "flexible",
                label: "Flexible or Annual",
                description:
                  "Built in your own AWS account, in the regions and networks you choose. It is Annual when your account is under an annual contract.",
              },
              {
                value: "fixed",
                label: "Free or Fixed",
                description:
                  "A fixed size in the operator's own AWS account. It uses no cloud account of yours.",
              },
            ]}
          />
        </FormField>
        <FormField
          label="Name"
          description={built ? "Berth makes one up when you leave it empty." : undefined}
          errorText={said("name")}
        >
          <Input
            value={form.name}
            placeholder="Web shop"
            autoComplete="off"
            onChange={({ detail }) => change({ name: detail.value })}
          />
        </FormField>
        {built && <Payment form={form} change={change} said={said} />}
      </SpaceBetween>
    </Container>
  );
}
