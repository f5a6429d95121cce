import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { replaced, without } from "../../common/lists";
import { optionsOf } from "../../common/states";
import { OneOf } from "./one-of";
import { MOST_REGIONS, NEW_REGION, type RegionForm, regionPath } from "./order";
import { PreferredZones } from "./preferred-zones";
import { regionsQuery } from "./queries";
import type { StepProps } from "./steps";

export function RegionsStep({ form, change, said }: StepProps) {
  const regions = useQuery(regionsQuery);
  const options = (regions.data ?? []).map(({ name }) => ({ value: name }));
  const several = form.regions.length > 1;
  const replace = (at: number, patch: Partial<RegionForm>) =>
    change({ regions: replaced(form.regions, at, patch) });

  return (
    <SpaceBetween size="l">
      {form.regions.map((one, at) => (
        <OneOf
          key={at}
          title={several ? `Region ${at + 1}` : "Region"}
          removed={one.region || `region ${at + 1}`}
          remove={several ? () => change({ regions: without(form.regions, at) }) : undefined}
        >
          <SpaceBetween size="l">
            <FormField label="Region" errorText={said(`${regionPath(at)}.region`)}>
              <Select
                options={options}
                filteringType="auto"
                filteringAriaLabel="Find regions"
                filteringPlaceholder="Find regions"
                {...optionsOf(regions, "the regions")}
                empty="No region matches"
                placeholder="Choose a region"
                selectedOption={one.region === "" ? null : { value: one.region }}
                onChange={({ detail }) =>
                  replace(at, { region: detail.selectedOption.value ?? "", preferred: [] })
                }
              />
            </FormField>
            <FormField
              label="Availability zones"
              errorText={said(`${regionPath(at)}.multipleAvailabilityZones`)}
            >
              <RadioGroup
                value={one.zones}
                onChange={({ detail }) => replace(at, { zones: detail.value as RegionForm["zones"] })}
                items={[
                  { value: "single", label: "One zone", description: "Nodes are close to each other." },
                  {
                    value: "multiple",
                    label: "Three zones",
                    description: "Nodes are spread, so that the loss of a zone is borne.",
                  },
                ]}
              />
            </FormField>
            <PreferredZones
              cloudAccountId={form.cloudAccountId}
              region={one}
              errorText={said(`${regionPath(at)}.preferredAvailabilityZones`)}
              change={(preferred) => replace(at, { preferred })}
            />
          </SpaceBetween>
        </OneOf>
      ))}
      <Button
        iconName="add-plus"
        formAction="none"
        disabled={form.regions.length >= MOST_REGIONS}
        disabledReason={`A subscription has at most ${MOST_REGIONS} regions.`}
        onClick={() => change({ regions: [...form.regions, NEW_REGION] })}
      >
        Add region
      </Button>
    </SpaceBetween>
  );
}
