import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { Loaded } from "../../common/states";
import { isFree } from "./order";
import { Payment } from "./payment";
import { fixedPlansQuery } from "./queries";
import type { StepProps } from "./steps";

/** Region and size of a subscription of a fixed size. */
export function SizeStep({ form, change, said }: StepProps) {
  const plans = useQuery(fixedPlansQuery);
  const found = plans.data ?? [];
  const regions = [...new Set(found.map(({ region }) => region))].map((value) => ({ value }));
  const there = found.filter(({ region }) => region === form.fixedRegion);
  const chosen = found.find(({ id }) => String(id) === form.fixedPlanId);
  return (
    <Container header={<Header variant="h2">Region and size</Header>}>
      <Loaded query={plans} what="the sizes">
        <SpaceBetween size="l">
          <FormField label="Region">
            <Select
              options={regions}
              filteringType="auto"
              filteringAriaLabel="Find regions"
              placeholder="Choose a region"
              selectedOption={form.fixedRegion === "" ? null : { value: form.fixedRegion }}
              onChange={({ detail }) =>
                change({ fixedRegion: detail.selectedOption.value ?? "", fixedPlanId: "" })
              }
            />
          </FormField>
          <FormField
            label="Size"
            description={there.length === 0 ? "Choose a region first." : undefined}
            errorText={said("planId")}
          >
            <RadioGroup
              value={form.fixedPlanId === "" ? null : form.fixedPlanId}
              onChange={({ detail }) => change({ fixedPlanId: detail.value })}
              items={there.map((one) => ({
                value: String(one.id),
                label: one.name,
                description: `${one.size} ${one.sizeMeasurementUnit}, ${one.availability}, ${one.connections} connections`,
              }))}
            />
          </FormField>
          {chosen && !isFree(chosen.name) && <Payment form={form} change={change} said={said} />}
        </SpaceBetween>
      </Loaded>
    </Container>
  );
}
