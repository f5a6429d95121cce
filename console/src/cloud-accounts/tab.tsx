// The Cloud Account tab: the AWS accounts that Berth may use, and what can be done with them.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Popover from "@cloudscape-design/components/popover";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { useFollow } from "../common/follow";
import { Empty, Loaded } from "../common/states";
import { ListTable, nameColumn } from "../common/table";
import { Time } from "../common/time";
import { Indicator, shown } from "../common/words";
import { useCurrent } from "../session/context";
import { SupportDialog } from "../support/support-dialog";
import { AccountDialog } from "./account-dialog";
import { AwsLogo } from "./aws-logo";
import { DeleteDialog } from "./delete-dialog";
import { Eye } from "./eye";
import { Problem } from "./field-problem";
import { failures } from "./findings";
import { HistoryDialog } from "./history-dialog";
import { type CloudAccount, cloudAccountsQuery } from "./queries";
import { RotateDialog } from "./rotation/rotate-dialog";
import { VerifyDialog } from "./verify-dialog";
import { STATUSES } from "./words";

/** What can be done with an account, each in its dialog. */
const ACTIONS = {
  edit: "Edit",
  delete: "Delete",
  verify: "Verify now",
  history: "Verification history",
  rotate: "Rotate key",
  support: "Support access",
};
type Dialog = "add" | keyof typeof ACTIONS;

const action = (id: keyof typeof ACTIONS) => ({ id, text: ACTIONS[id] });

export default function CloudAccountTab() {
  const { permissions } = useCurrent().session;
  const follow = useFollow();
  const [search, setSearch] = useSearchParams();
  const accounts = useQuery(cloudAccountsQuery);
  const [selected, setSelected] = useState<string | null>(null);
  const chosen = accounts.data?.find(({ id }) => String(id) === selected);

  // In the address, so that a reload or a sign-in anew leads back to it.
  const dialog = search.get("dialog");
  const about = accounts.data?.find(({ id }) => String(id) === search.get("id"));
  const open = (dialog: Dialog, account?: CloudAccount) =>
    setSearch(account ? { dialog, id: String(account.id) } : { dialog });
  const close = () => setSearch({}, { replace: true });

  const add = (
    <Button variant="primary" onClick={() => open("add")}>
      Add
    </Button>
  );

  return (
    <SpaceBetween size="m">
      {accounts.data && accounts.data.length > 0 && (
        <Alert type="warning" header="Leave what Berth provisions to Berth">
          Do not change the configuration of the resources it provisions in your AWS accounts, security groups
          among them, and do not stop or terminate them.
        </Alert>
      )}
      <Loaded query={accounts} what="the cloud accounts">
        <ListTable
          what="cloud accounts"
          title="Cloud accounts"
          items={accounts.data ?? []}
          rowId={({ id }) => String(id)}
          searched={(one) =>
            [
              one.name,
              one.accessKeyId,
              one.roleArn,
              one.awsAccountId,
              shown(STATUSES, one.status).text,
              ...one.usedBy.map(({ name }) => name),
            ].join(" ")
          }
          selection={
            permissions.write ? { id: selected, change: setSelected, label: ({ name }) => name } : undefined
          }
          empty={
            <Empty
              title="No cloud accounts"
              hint={
                permissions.write ? (
                  <>
                    Create the IAM resources in your AWS account first, then add it here.{" "}
                    <Button variant="inline-link" href="/guides/iam-resources" onFollow={follow}>
                      Create IAM resources
                    </Button>
                  </>
                ) : (
                  "An Owner or Manager of this account can add one."
                )
              }
            />
          }
          actions={
            permissions.write && (
              <SpaceBetween direction="horizontal" size="xs">
                {(["verify", "edit", "delete"] as const).map((name) => (
                  <Button key={name} disabled={!chosen} onClick={() => open(name, chosen)}>
                    {ACTIONS[name]}
                  </Button>
                ))}
                {add}
              </SpaceBetween>
            )
          }
          columns={[
            {
              id: "cloud",
              header: "Cloud",
              sortingField: "provider",
              cell: ({ provider }) => (provider === "AWS" ? <AwsLogo /> : provider),
            },
            nameColumn("Account name"),
            { id: "key", header: "AWS access key", cell: (one) => <MaskedKey account={one} /> },
            {
              id: "aws",
              header: "AWS account ID",
              sortingField: "awsAccountId",
              cell: ({ awsAccountId }) => awsAccountId,
            },
            {
              id: "status",
              header: "Status",
              sortingField: "status",
              cell: (one) => <Status account={one} />,
            },
            { id: "used", header: "Used by", cell: ({ usedBy }) => <UsedBy usedBy={usedBy} /> },
            {
              id: "verified",
              header: "Last verified",
              sortingField: "lastVerifiedTimestamp",
              cell: (one) => (
                <span className="key">
                  <Time at={one.lastVerifiedTimestamp} />
                  <Button
                    variant="inline-icon"
                    iconName="history"
                    ariaLabel={`Verification history of ${one.name}`}
                    onClick={() => open("history", one)}
                  />
                </span>
              ),
            },
            ...(permissions.write
              ? [
                  {
                    id: "actions",
                    header: "Actions",
                    cell: (one: CloudAccount) => (
                      <ButtonDropdown
                        variant="inline-icon"
                        expandToViewport
                        ariaLabel={`Actions for ${one.name}`}
                        items={[
                          ...(["edit", "delete", "verify", "history"] as const).map(action),
                          {
                            ...action("rotate"),
                            disabled: one.accessMode === "role",
                            disabledReason:
                              "Berth gets in by a role: there is no access key, so there is nothing to rotate.",
                          },
                          ...(permissions.manageUsers ? [action("support")] : []),
                        ]}
                        onItemClick={({ detail }) => open(detail.id as Dialog, one)}
                      />
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Loaded>
      {permissions.manageUsers && dialog === "support" && about && (
        <SupportDialog account={about} onClose={close} />
      )}
      {dialog === "history" && about && <HistoryDialog account={about} onClose={close} />}
      {permissions.write && (
        <>
          {dialog === "add" && <AccountDialog mode={{ kind: "add" }} onClose={close} />}
          {dialog === "edit" && about && (
            <AccountDialog key={about.id} mode={{ kind: "edit", account: about }} onClose={close} />
          )}
          {dialog === "delete" && about && <DeleteDialog account={about} onClose={close} />}
          {dialog === "rotate" && about?.accessMode === "keys" && (
            <RotateDialog account={about} onClose={close} />
          )}
          {dialog === "verify" && about && <VerifyDialog account={about} onClose={close} />}
        </>
      )}
    </SpaceBetween>
  );
}

function MaskedKey({ account: { name, accessKeyId, roleArn } }: { account: CloudAccount }) {
  const [revealed, setRevealed] = useState(false);
  if (accessKeyId === null) {
    return (
      <span className="isolated">
        <Box color="text-body-secondary" variant="small">
          None: by role
        </Box>
        <br />
        {roleArn}
      </span>
    );
  }
  const masked = `${accessKeyId.slice(0, 4)}${"•".repeat(8)}${accessKeyId.slice(-4)}`;
  return (
    <span className="key">
      <Box variant="code" display="inline">
        {revealed ? accessKeyId : masked}
      </Box>
      <Button
        variant="inline-icon"
        iconSvg={<Eye hide={revealed} />}
        ariaLabel={revealed ? `Hide the access key of ${name}` : `Show the access key of ${name}`}
        onClick={() => setRevealed(!revealed)}
      />
    </span>
  );
}

function Status({ account }: { account: CloudAccount }) {
  const indicator = <Indicator words={STATUSES} value={account.status} />;
  if (!account.statusReason) return indicator;
  const failing = account.status === "active-error" && account.failingFindings.length > 0;
  return (
    <Popover
      header="Why"
      size={failing ? "large" : "medium"}
      content={
        failing ? (
          <SpaceBetween size="s">
            <Box>
              Access has not worked since <Time at={account.failingSince} />. Berth checks again every few
              minutes.
            </Box>
            <Problem title="Why" state={failures(account.failingFindings)} />
          </SpaceBetween>
        ) : (
          <span className="isolated">{account.statusReason}</span>
        )
      }
      dismissAriaLabel="Close"
      renderWithPortal={failing}
    >
      {indicator}
    </Popover>
  );
}

function UsedBy({ usedBy }: Pick<CloudAccount, "usedBy">) {
  if (usedBy.length === 0) return <>Nothing yet</>;
  return <span className="isolated">{usedBy.map(({ name }) => name).join(", ")}</span>;
}
