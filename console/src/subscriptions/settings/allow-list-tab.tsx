import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { without } from "../../common/lists";
import { Loaded } from "../../common/states";
import { useChange } from "../change";
import type { Subscription } from "../queries";
import { type AllowList, cleanList, listProblems, MOST_ENTRIES } from "./allow-list";
import { allowListQuery } from "./queries";
import { SettingsForm, useSettings } from "./settings-form";

/** From where clients may reach the databases. */
export default function AllowListTab({ subscription }: { subscription: Subscription }) {
  const list = useQuery(allowListQuery(subscription.id));
  return (
    <Loaded query={list} what="the allow list">
      {list.data && <Entries subscription={subscription} stored={list.data} />}
    </Loaded>
  );
}

function Entries({ subscription, stored }: { subscription: Subscription; stored: AllowList }) {
  const settings = useSettings({
    subscription,
    name: "allow-list",
    stored,
    problems: (typed) => listProblems(cleanList(typed)),
    body: cleanList,
    change: useChange((typed: AllowList) =>
      answer(
        api.PUT("/v1/subscriptions/{id}/cidr", {
          params: { path: { id: subscription.id } },
          body: cleanList(typed),
        }),
      ),
    ),
  });
  const { value, edit, said, disabled } = settings;
  const full = value.cidrIps.length + value.securityGroupIds.length >= MOST_ENTRIES;
  const all = said("cidrIps", "alone");
  const empty = value.cidrIps.length + value.securityGroupIds.length === 0;

  const editor = (name: keyof AllowList, texts: { label: string; placeholder: string; add: string }) => (
    <AttributeEditor
      items={value[name]}
      empty={`No ${texts.label.toLowerCase()}.`}
      addButtonText={texts.add}
      removeButtonText="Remove"
      removeButtonAriaLabel={(entry) => `Remove ${entry}`}
      disableAddButton={disabled || full}
      isItemRemovable={() => !disabled}
      onAddButtonClick={() => edit({ ...value, [name]: [...value[name], ""] })}
      onRemoveButtonClick={({ detail }) => edit({ ...value, [name]: without(value[name], detail.itemIndex) })}
      definition={[
        {
          label: texts.label,
          errorText: (_, at) => said(`${name}[${at}]`) || undefined,
          control: (entry, at) => (
            <Input
              value={entry}
              disabled={disabled}
              autoComplete="off"
              spellcheck={false}
              placeholder={texts.placeholder}
              onChange={({ detail }) =>
                edit({
                  ...value,
                  [name]: value[name].map((one, other) => (other === at ? detail.value : one)),
                })
              }
            />
          ),
        },
      ]}
    />
  );

  return (
    <SettingsForm
      title="Allow list"
      description={`Who may reach the nodes on TCP 10000–19999: networks and security groups, at most ${MOST_ENTRIES} in all. In a VPC of your own, your security group says so instead.`}
      settings={settings}
    >
      <SpaceBetween size="l">
        {all !== "" && <Alert type="error">{all}</Alert>}
        {empty && <Alert type="info">Nobody may reach the nodes while the allow list is empty.</Alert>}
        {editor("cidrIps", { label: "Networks", placeholder: "10.1.0.0/16", add: "Add network" })}
        {editor("securityGroupIds", {
          label: "Security groups",
          placeholder: "sg-0125be68a4625884a",
          add: "Add security group",
        })}
      </SpaceBetween>
    </SettingsForm>
  );
}
