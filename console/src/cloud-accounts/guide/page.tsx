// The guide "Create IAM resources": everything to do in AWS before a cloud account is added.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useSearchParams } from "react-router";

import type { Schemas } from "../../api/schemas";
import { useFollow } from "../../common/follow";
import { Page } from "../../common/page";
import { Loaded } from "../../common/states";
import { amendDraft } from "../../common/storage";
import { useCurrent } from "../../session/context";
import { hasCloudAccounts } from "../../session/plans";
import { type Issued, useIssue } from "../external-id";
import { iamKitQuery } from "../queries";
import { Code } from "./code";

type IamKit = Schemas["IamKit"];

export default function IamResources() {
  const [search, setSearch] = useSearchParams();
  const byRole = search.get("mode") === "role";
  const externalId = (byRole && search.get("externalId")) || undefined;
  const lacking = byRole && externalId === undefined;
  const kit = useQuery({ ...iamKitQuery(externalId), enabled: !lacking });
  const { session, subscription } = useCurrent();
  const follow = useFollow();
  const back = search.get("back") ?? "add";
  const edited = /^edit-(\d+)$/.exec(back)?.[1];
  // The wizard orders the first subscription that may have cloud accounts: there need be none yet.
  const wizard = back === "wizard";
  const target = wizard
    ? "/subscriptions/create?dialog=add"
    : `/account-settings/cloud-account?dialog=${edited ? `edit&id=${edited}` : "add"}`;
  const possible = session.permissions.write && (wizard || hasCloudAccounts(subscription?.plan));
  const change = (changes: Record<string, string>) =>
    setSearch({ ...Object.fromEntries(search), ...changes }, { replace: true });
  const keep = (issued: Issued) => {
    amendDraft(session.user.id, wizard ? "add" : back, { accessMode: "role", ...issued });
    change({ externalId: issued.externalId });
  };

  return (
    <Page
      title="Create IAM resources"
      description="What must exist in your AWS account before you add it as a cloud account. Choose one way; each creates the same."
    >
      <SpaceBetween size="l">
        <SegmentedControl
          label="How Berth gets in"
          selectedId={byRole ? "role" : "keys"}
          options={[
            { id: "keys", text: "By access key" },
            { id: "role", text: "By role" },
          ]}
          onChange={({ detail }) => change({ mode: detail.selectedId })}
        />
        {lacking ? (
          <ExternalIdFirst permitted={session.permissions.write} then={keep} />
        ) : (
          <Loaded query={kit} what="the guide">
            {kit.data && (
              <SpaceBetween size="l">
                <Names kit={kit.data} externalId={externalId} />
                <Ways kit={kit.data} />
                <Container header={<Header variant="h2">Then add the account</Header>}>
                  <SpaceBetween size="s">
                    <Box>
                      {search.has("back")
                        ? "What you typed in the dialog was kept, except the secrets. Access is verified by itself when all fields are filled in."
                        : "Enter what was created. Access is verified before anything is saved."}
                    </Box>
                    <Button variant="primary" href={target} onFollow={follow} disabled={!possible}>
                      {search.has("back") ? "Check again" : "Add cloud account"}
                    </Button>
                    {!possible && (
                      <Box color="text-body-secondary">
                        {session.permissions.write
                          ? "Select a Flexible or Annual subscription at the top first."
                          : `Your role, ${session.user.role}, cannot add cloud accounts: ask an Owner or Manager.`}
                      </Box>
                    )}
                  </SpaceBetween>
                </Container>
              </SpaceBetween>
            )}
          </Loaded>
        )}
      </SpaceBetween>
    </Page>
  );
}

/** Without an external id there is nothing to create by role. */
function ExternalIdFirst({ permitted, then }: { permitted: boolean; then: (issued: Issued) => void }) {
  const { issue, isPending, error } = useIssue(then);
  return (
    <Container header={<Header variant="h2">First, an external id</Header>}>
      <SpaceBetween size="s">
        <Box>
          The role&apos;s trust policy asks Berth to name an external id. Berth issues it for your account and
          one cloud account, to be used within 24 hours; with it, all that follows is filled in.
        </Box>
        {error && <Alert type="error">{error}</Alert>}
        <Button variant="primary" disabled={!permitted} loading={isPending} onClick={issue}>
          Issue external id
        </Button>
        {!permitted && (
          <Box color="text-body-secondary">Your role cannot have one issued: ask an Owner or Manager.</Box>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Names({
  kit: { names, operatorAccountId },
  externalId,
}: {
  kit: IamKit;
  externalId: string | undefined;
}) {
  return (
    <Container header={<Header variant="h2">What is created</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          items={[
            ...(names.accessRole
              ? [
                  { label: "Role that Berth assumes", value: names.accessRole },
                  { label: "External id that it asks for", value: externalId },
                  { label: "Policy of this role", value: names.policy },
                ]
              : [
                  { label: "IAM user, with an access key", value: names.user },
                  { label: "Policy of this user", value: names.policy },
                ]),
            { label: "Console role", value: names.consoleRole },
            { label: "Node role and instance profile", value: names.nodeRole },
            {
              label: names.accessRole
                ? "The operator's AWS account, trusted by the first two roles"
                : "The operator's AWS account, trusted by the console role",
              value: operatorAccountId,
            },
          ]}
        />
        <Alert type="info">
          Use these resources for nothing else. The names matter: the policy refers to them. Sign in to your
          AWS account as its administrator for all that follows.
        </Alert>
      </SpaceBetween>
    </Container>
  );
}

function Ways({ kit }: { kit: IamKit }) {
  const [way, setWay] = useState("cloudformation");
  return (
    <Tabs
      activeTabId={way}
      onChange={({ detail }) => setWay(detail.activeTabId)}
      tabs={[
        {
          id: "cloudformation",
          label: "CloudFormation",
          content: (
            <SpaceBetween size="m">
              <ol>
                <li>Download the template.</li>
                <li>In the AWS console, open CloudFormation, choose Create stack and upload it.</li>
                <li>Acknowledge that it creates IAM resources with custom names, and create the stack.</li>
                <li>
                  Its outputs hold what the dialog asks for.
                  {kit.accessMode === "keys" &&
                    " The secret key itself is in Secrets Manager, where one of the outputs leads."}
                </li>
              </ol>
              <Code text={kit.cloudformation} label="template" fileName="berth-cloudformation.json" />
            </SpaceBetween>
          ),
        },
        {
          id: "terraform",
          label: "Terraform",
          content: (
            <SpaceBetween size="m">
              <ol>
                <li>Save the configuration into an empty folder, or add it to yours.</li>
                <li>
                  Run <code>terraform init</code> and <code>terraform apply</code>.
                </li>
                <li>
                  Its outputs hold what the dialog asks for.
                  {kit.accessMode === "keys" &&
                    " Keep the state file safe: Terraform keeps the secret in it."}
                </li>
              </ol>
              <Code text={kit.terraform} label="configuration" fileName="berth.tf" />
            </SpaceBetween>
          ),
        },
        {
          id: "cli",
          label: "AWS CLI",
          content: (
            <SpaceBetween size="m">
              <ol>
                <li>
                  Open AWS CloudShell, or a terminal where <code>aws sts get-caller-identity</code> names your
                  account.
                </li>
                <li>Run the script. It stops at the first error and can be run again.</li>
                <li>It prints what the dialog asks for.</li>
              </ol>
              <Code text={kit.cli} label="script" fileName="berth-iam.sh" />
            </SpaceBetween>
          ),
        },
        { id: "by-hand", label: "By hand", content: <ByHand kit={kit} /> },
      ]}
    />
  );
}

function ByHand({ kit }: { kit: IamKit }) {
  const { names, policy, accessTrustPolicy, trustPolicy, nodeTrustPolicy, operatorAccountId } = kit;
  return (
    <SpaceBetween size="l">
      <Step title="1. The policy" paste={policy} label="policy" fileName={`${names.policy}.json`}>
        In IAM, open Policies and choose Create policy. Paste this as JSON and name it <b>{names.policy}</b>.
      </Step>
      {names.accessRole ? (
        <Step title="2. The role for Berth" paste={accessTrustPolicy} label="role's trust policy">
          Open Roles and create the role <b>{names.accessRole}</b> with this custom trust policy: it lets the
          operator&apos;s AWS account {operatorAccountId} in when it names the external id. Attach the policy{" "}
          {names.policy} to it, and keep its ARN for the dialog.
        </Step>
      ) : (
        <Step title="2. The user">
          Open Users and create the user <b>{names.user}</b> without access to the console. Attach the policy{" "}
          {names.policy} to it. Under Security credentials, create an access key for an application running
          outside AWS. AWS shows its secret once: keep it for the dialog.
        </Step>
      )}
      <Step title="3. The console role" paste={trustPolicy} label="trust policy">
        Open Roles and create the role <b>{names.consoleRole}</b> with this custom trust policy: it lets the
        operator&apos;s AWS account {operatorAccountId} in, with a second factor. Attach the AWS managed
        policy that your support staff need, for example ReadOnlyAccess or AdministratorAccess.
      </Step>
      <Step title="4. The node role" paste={nodeTrustPolicy} label="trust policy">
        Create the role <b>{names.nodeRole}</b> for the EC2 service, which makes an instance profile of the
        same name. Its trust policy is this.
      </Step>
    </SpaceBetween>
  );
}

interface StepProps {
  title: string;
  children: ReactNode;
  /** A document to paste, and what it is. */
  paste?: object | null;
  label?: string;
  fileName?: string;
}

function Step({ title, children, paste, label = "", fileName }: StepProps) {
  return (
    <div>
      <Header variant="h3">{title}</Header>
      <p>{children}</p>
      {paste && <Code text={JSON.stringify(paste, null, 2)} label={label} fileName={fileName} />}
    </div>
  );
}
