import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { MOST_REGIONS, NEW_REGION, type RegionForm, regionPath } from "./order";
import { PreferredZones } from "./preferred-zones";
import { regionsQuery } from "./queries";
import type { StepProps } from "./steps";

export function RegionsStep({ form, change, said }: StepProps) {
  const regions = useQuery(regionsQuery);
  const options = (regions.data ?? []).map(({ name }) => ({ value: name }));
  const several = form.regions.length > 1;
  const replace = (at: number, patch: Partial<RegionForm>) =>
    change({ regions: form.regions.map((one, other) => (other === at ? { ...one, ...patch } : one)) });

  return (
    <SpaceBetween size="l">
      {form.regions.map((one, at) => (
        <Container
          key={at}
          header={
            <Header
              variant="h2"
              actions={
                several && (
                  <Button
                    formAction="none"
                    ariaLabel={`Remove ${one.region || `region ${at + 1}`}`}
                    onClick={() => change({ regions: form.regions.filter((_, other) => other !== at) })}
                  >
                    Remove
                  </Button>
                )
              }
            >
              {several ? `Region ${at + 1}` : "Region"}
            </Header>
          }
        >
          <SpaceBetween size="l">
            <FormField label="Region" errorText={said(`${regionPath(at)}.region`)}>
              <Select
                options={options}
                filteringType="auto"
                filteringAriaLabel="Find regions"
                filteringPlaceholder="Find regions"
                statusType={regions.isPending ? "loading" : regions.error ? "error" : "finished"}
                loadingText="Loading the regions"
                errorText="Could not load the regions"
                recoveryText="Try again"
                onLoadItems={() => void regions.refetch()}
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
        </Container>
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
