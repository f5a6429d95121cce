import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useQuery } from "@tanstack/react-query";

import { optionsOf } from "../../common/states";
import type { RegionForm } from "./order";
import { zonesQuery } from "./queries";

interface PreferredZonesProps {
  cloudAccountId: string;
  region: RegionForm;
  errorText: string;
  change: (preferred: string[]) => void;
}

/** Chooses among the zones that AWS has for this AWS account, in the order they are chosen. */
export function PreferredZones({ cloudAccountId, region, errorText, change }: PreferredZonesProps) {
  const zones = useQuery({
    ...zonesQuery(Number(cloudAccountId), region.region),
    enabled: cloudAccountId !== "" && region.region !== "",
  });
  const options = (zones.data ?? []).map(({ id, name, available }) => ({
    value: id,
    label: id,
    labelTag: name,
    disabled: !available,
    disabledReason: "AWS does not offer this zone just now.",
  }));
  const chosen = region.preferred.map(
    (id) => options.find(({ value }) => value === id) ?? { value: id, label: id },
  );

  return (
    <FormField
      label={
        <span>
          Preferred zones <i>- optional</i>
        </span>
      }
      description={
        region.zones === "single"
          ? "A zone's id is the same place in every AWS account. AWS's first zone when none is chosen."
          : "Three, in the order they are to be used. AWS's first three when none is chosen."
      }
      errorText={errorText}
    >
      <Multiselect
        options={options}
        selectedOptions={chosen}
        onChange={({ detail }) => change(detail.selectedOptions.flatMap(({ value }) => value ?? []))}
        disabled={region.region === ""}
        placeholder={region.region === "" ? "Choose a region first" : "Choose zones"}
        deselectAriaLabel={({ label }) => `Remove ${label}`}
        {...optionsOf(zones, "the zones")}
        loadingText="Asking AWS for the zones"
        errorText={zones.error?.message}
        empty="AWS has no zones there for this AWS account"
      />
    </FormField>
  );
}
