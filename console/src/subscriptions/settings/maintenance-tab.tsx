import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { replaced, without } from "../../common/lists";
import { Loaded } from "../../common/states";
import { useChange } from "../change";
import type { Subscription } from "../queries";
import { maintenanceWindowsQuery } from "./queries";
import { SettingsForm, useSettings } from "./settings-form";
import {
  DAYS,
  DURATIONS,
  hour,
  HOURS,
  MODES,
  MOST_WINDOWS,
  NEW_WINDOW,
  spoken,
  type Window,
  windowProblems,
  type WindowsForm,
} from "./windows";

const DAY_OPTIONS = DAYS.map((value) => ({ value, label: value }));
const HOUR_OPTIONS = HOURS.map((at) => ({ value: String(at), label: hour(at) }));
const DURATION_OPTIONS = DURATIONS.map((hours) => ({ value: String(hours), label: `${hours} hours` }));

/** When Berth may disturb a subscription. */
export default function MaintenanceTab({ subscription }: { subscription: Subscription }) {
  const windows = useQuery(maintenanceWindowsQuery(subscription.id));
  const stored = windows.data && {
    mode: windows.data.mode as WindowsForm["mode"],
    windows: windows.data.windows,
  };
  return (
    <Loaded query={windows} what="the maintenance windows">
      {stored && <Windows subscription={subscription} stored={stored} />}
    </Loaded>
  );
}

function Windows({ subscription, stored }: { subscription: Subscription; stored: WindowsForm }) {
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
  const { value, edit, said, disabled } = settings;
  const all = said("windows", "alone");
  const replace = (at: number, patch: Partial<Window>) =>
    edit({ ...value, windows: replaced(value.windows, at, patch) });
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
            items={Object.entries(MODES).map(([value, label]) => ({ value, label, disabled }))}
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
              edit({ ...value, windows: without(value.windows, detail.itemIndex) })
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
                    options={HOUR_OPTIONS}
                    disabled={disabled}
                    selectedOption={chosen(HOUR_OPTIONS, startHour)}
                    onChange={({ detail }) => replace(at, { startHour: Number(detail.selectedOption.value) })}
                  />
                ),
              },
              {
                label: "Duration",
                errorText: (_, at) => said(`windows[${at}].durationInHours`) || undefined,
                control: ({ durationInHours }, at) => (
                  <Select
                    options={DURATION_OPTIONS}
                    disabled={disabled}
                    selectedOption={chosen(DURATION_OPTIONS, durationInHours)}
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
