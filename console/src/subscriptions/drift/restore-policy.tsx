import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { KEYS } from "../../api/query-client";
import type { Schemas } from "../../api/schemas";
import { Loaded } from "../../common/states";
import type { Subscription } from "../queries";
import { SettingsForm, useSettings } from "../settings/settings-form";
import { restorePolicyQuery } from "./queries";
import { ACTIONS, KINDS, type PolicyForm, policyForm, policyOf, policyProblems, WHEN } from "./restore";

/** What of the drift Berth puts right by itself. */
export function RestorePolicySection({ subscription }: { subscription: Subscription }) {
  const policy = useQuery(restorePolicyQuery(subscription.id));
  return (
    <Loaded query={policy} what="what is restored">
      {policy.data && <Policy subscription={subscription} stored={policy.data} />}
    </Loaded>
  );
}

function Policy({ subscription, stored }: { subscription: Subscription; stored: Schemas["RestorePolicy"] }) {
  const client = useQueryClient();
  const { id } = subscription;
  const save = useMutation({
    mutationFn: (form: PolicyForm) =>
      answer(
        api.PUT("/api/subscriptions/{id}/restore-policy", { params: { path: { id } }, body: policyOf(form) }),
      ),
    onSuccess: (policy) => {
      client.setQueryData(restorePolicyQuery(id).queryKey, policy);
      return client.invalidateQueries({ queryKey: [KEYS.subscriptions, id] });
    },
  });
  const settings = useSettings({
    subscription,
    name: "restore-policy",
    who: "owners",
    stored: policyForm(stored),
    problems: policyProblems,
    body: policyOf,
    change: save,
  });
  const { value, edit, said, disabled } = settings;
  return (
    <SettingsForm
      title="Restoring by itself"
      description="What Berth puts right without being asked. All other drift is only reported."
      settings={settings}
    >
      <SpaceBetween size="l">
        <SpaceBetween size="s">
          {Object.entries(KINDS).map(([kind, { label, description }]) => (
            <Toggle
              key={kind}
              checked={value[kind as keyof typeof KINDS] === ACTIONS.on}
              disabled={disabled}
              description={description}
              onChange={({ detail }) => edit({ ...value, [kind]: detail.checked ? ACTIONS.on : ACTIONS.off })}
            >
              {label}
            </Toggle>
          ))}
        </SpaceBetween>
        <FormField label="When" errorText={said("when")}>
          <RadioGroup
            value={value.when}
            onChange={({ detail }) => edit({ ...value, when: detail.value })}
            items={Object.entries(WHEN).map(([value, words]) => ({ value, ...words, disabled }))}
          />
        </FormField>
        <FormField
          label="At most in an hour"
          description="How many things of each deployment, one at a time."
          errorText={said("mostPerHour")}
        >
          <Input
            value={value.mostPerHour}
            inputMode="numeric"
            disabled={disabled}
            onChange={({ detail }) => edit({ ...value, mostPerHour: detail.value })}
          />
        </FormField>
      </SpaceBetween>
    </SettingsForm>
  );
}
