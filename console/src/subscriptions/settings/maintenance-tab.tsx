import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { maintenanceWindowsQuery } from "../../api/query-client";
import type { ListedSubscription } from "../../api/schemas";
import { Loaded } from "../../common/states";
import { useChange } from "../change";
import { SettingsForm, useSettings } from "./settings-form";
import {
  DAYS,
  hour,
  MOST_WINDOWS,
  NEW_WINDOW,
  spoken,
  type Window,
  windowProblems,
  type WindowsForm,
} from "./windows";

const DAY_OPTIONS = DAYS.map((value) => ({ value, label: value }));
const HOURS = Array.from({ length: 24 }, (_, at) => ({ value: String(at), label: hour(at) }));
const DURATIONS = Array.from({ length: 21 }, (_, at) => ({
  value: String(at + 4),
  label: `${at + 4} hours`,
}));

/** When Berth may disturb a subscription. */
export default function MaintenanceTab({ subscription }: { subscription: ListedSubscription }) {
  const windows = useQuery(maintenanceWindowsQuery(subscription.id));
  const stored = windows.data && {
    mode: windows.data.mode === "manual" ? ("manual" as const) : ("automatic" as const),
    windows: windows.data.windows,
  };
  return (
    <Loaded query={windows} what="the maintenance windows">
      {stored && <Windows subscription={subscription} stored={stored} />}
    </Loaded>
  );
}

function Windows({ subscription, stored }: { subscription: ListedSubscription; stored: WindowsForm }) {
  const body = ({ mode, windows }: WindowsForm) => ({ mode, windows: mode === "manual" ? windows : [] });
  const settings = useSettings({
    subscription,
    name: "windows",
    stored,
    problems: windowProblems,
    body,
    change: useChange((typed: WindowsForm) =>
      answer(
        api.PUT("/v1/subscriptions/{id}/maintenance-windows", {
          params: { path: { id: subscription.id } },
          body: body(typed),
        }),
      ),
    ),
  });
  const { value, edit, said } = settings;
  const disabled = settings.locked !== null || settings.pending;
  const all = said("windows", "alone");
  const replace = (at: number, patch: Partial<Window>) =>
    edit({
      ...value,
      windows: value.windows.map((one, other) => (other === at ? { ...one, ...patch } : one)),
    });
  const chosen = (options: { value: string; label: string }[], number: number) =>
    options.find((option) => option.value === String(number)) ?? null;

  return (
    <SettingsForm
      title="Maintenance windows"
      description="When Berth may do what disturbs: restoring what has drifted, for one. All times are UTC."
      settings={settings}
    >
      <SpaceBetween size="l">
        <FormField label="When" errorText={said("mode")}>
          <RadioGroup
            value={value.mode}
            onChange={({ detail }) => edit({ ...value, mode: detail.value as WindowsForm["mode"] })}
            items={[
              { value: "automatic", label: "Any time", disabled },
              { value: "manual", label: "In these windows only", disabled },
            ]}
          />
        </FormField>
        {all !== "" && <Alert type="error">{all}</Alert>}
        {value.mode === "manual" && (
          <AttributeEditor
            items={value.windows}
            empty="No windows."
            addButtonText="Add window"
            removeButtonText="Remove"
            removeButtonAriaLabel={(one) => `Remove the window on ${spoken(one)}`}
            disableAddButton={disabled || value.windows.length >= MOST_WINDOWS}
            isItemRemovable={() => !disabled}
            additionalInfo={value.windows
              .filter(({ days }) => days.length > 0)
              .map(spoken)
              .join("; ")}
            onAddButtonClick={() => edit({ ...value, windows: [...value.windows, NEW_WINDOW] })}
            onRemoveButtonClick={({ detail }) =>
              edit({ ...value, windows: value.windows.filter((_, at) => at !== detail.itemIndex) })
            }
            definition={[
              {
                label: "Days",
                errorText: (_, at) => said(`windows[${at}].days`) || undefined,
                control: ({ days }, at) => (
                  <Multiselect
                    options={DAY_OPTIONS}
                    disabled={disabled}
                    placeholder="Choose days"
                    deselectAriaLabel={({ label }) => `Remove ${label}`}
                    selectedOptions={DAY_OPTIONS.filter((day) => days.includes(day.value))}
                    onChange={({ detail }) => {
                      const names = detail.selectedOptions.map((option) => option.value);
                      replace(at, { days: DAYS.filter((day) => names.includes(day)) });
                    }}
                  />
                ),
              },
              {
                label: "Start",
                errorText: (_, at) => said(`windows[${at}].startHour`) || undefined,
                control: ({ startHour }, at) => (
                  <Select
                    options={HOURS}
                    disabled={disabled}
                    selectedOption={chosen(HOURS, startHour)}
                    onChange={({ detail }) => replace(at, { startHour: Number(detail.selectedOption.value) })}
                  />
                ),
              },
              {
                label: "Duration",
                errorText: (_, at) => said(`windows[${at}].durationInHours`) || undefined,
                control: ({ durationInHours }, at) => (
                  <Select
                    options={DURATIONS}
                    disabled={disabled}
                    selectedOption={chosen(DURATIONS, durationInHours)}
                    onChange={({ detail }) =>
                      replace(at, { durationInHours: Number(detail.selectedOption.value) })
                    }
                  />
                ),
              },
            ]}
          />
        )}
      </SpaceBetween>
    </SettingsForm>
  );
}
