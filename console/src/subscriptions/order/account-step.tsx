import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";

import { type CloudAccount, cloudAccountsQuery } from "../../cloud-accounts/queries";
import { STATUSES } from "../../cloud-accounts/words";
import { Empty, Loaded } from "../../common/states";
import { shown } from "../../common/words";
import { ACCOUNT_PATH } from "./order";
import type { StepProps } from "./steps";

const AccountDialog = lazy(async () => ({
  default: (await import("../../cloud-accounts/account-dialog")).AccountDialog,
}));

export function AccountStep({ form, change, said }: StepProps) {
  const accounts = useQuery(cloudAccountsQuery);
  // In the address, so that the guide leads back into the dialog.
  const [search, setSearch] = useSearchParams();
  const adding = search.get("dialog") === "add";
  const add = (
    <Button formAction="none" onClick={() => setSearch({ dialog: "add" })}>
      Add cloud account
    </Button>
  );
  const found = accounts.data ?? [];
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Everything is built in the AWS account behind it, and AWS bills it there."
          actions={found.length > 0 && add}
        >
          Cloud account
        </Header>
      }
    >
      <Loaded query={accounts} what="the cloud accounts">
        {found.length === 0 ? (
          <Empty
            title="No cloud accounts"
            hint="A cloud account lets Berth into your AWS account. What you typed here is kept while you add one."
            action={add}
          />
        ) : (
          <FormField label="Build in" errorText={said(ACCOUNT_PATH)} stretch>
            <RadioGroup
              value={form.cloudAccountId === "" ? null : form.cloudAccountId}
              onChange={({ detail }) => change({ cloudAccountId: detail.value })}
              items={found.map((one) => ({
                value: String(one.id),
                label: <span className="isolated">{one.name}</span>,
                description: describe(one),
                disabled: !isUsable(one),
              }))}
            />
          </FormField>
        )}
      </Loaded>
      {adding && (
        <Suspense>
          <AccountDialog mode={{ kind: "add" }} guide="wizard" onClose={() => setSearch({})} />
        </Suspense>
      )}
    </Container>
  );
}

const USABLE: Record<CloudAccount["status"], boolean> = {
  active: true,
  // While a change is verified, the old credentials go on working.
  "change-draft": true,
  "delete-draft": false,
  "active-error": false,
};

/** Whether Berth builds in it now. */
function isUsable(account: CloudAccount): boolean {
  return USABLE[account.status];
}

function describe(account: CloudAccount): string {
  const where = `AWS account ${account.awsAccountId}`;
  if (isUsable(account)) return where;
  return `${where}. Not usable now, ${shown(STATUSES, account.status).text}: ${account.statusReason ?? "no reason is known"}`;
}
