import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { apiKeysQuery, usersQuery } from "../api/query-client";
import type { ApiKey } from "../api/schemas";
import { Confirm } from "../common/dialog";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { Time } from "../common/time";
import { ShownOnce } from "../common/shown-once";

export function ApiKeys() {
  const keys = useQuery(apiKeysQuery);
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
  const revoke = useMutation({
    mutationFn: ({ id }: ApiKey) => answer(api.DELETE("/api/api-keys/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      setRevoking(null);
      await refresh();
    },
  });
  const accountKey = keys.data?.accountKey ?? "";

  return (
    <>
      <Loaded query={keys} what="the API keys">
        <ListTable
          what="API keys"
          title="API keys"
          description={
            <>
              Account key:{" "}
              <CopyToClipboard
                variant="inline"
                textToCopy={accountKey}
                textToDisplay={accountKey}
                copyButtonAriaLabel="Copy the account key"
                copySuccessText="Copied"
                copyErrorText="Could not be copied: select the text instead"
              />
            </>
          }
          items={keys.data?.apiKeys ?? []}
          rowId={({ id }) => String(id)}
          searched={({ name, userEmail, allowedSources }) => [name, userEmail, ...allowedSources].join(" ")}
          empty={<Empty title="No API keys" hint="Add one for each program that uses the API." />}
          actions={
            <Button variant="primary" onClick={() => setAdding(true)}>
              Add API key
            </Button>
          }
          columns={[
            {
              id: "name",
              header: "Name",
              sortingField: "name",
              isRowHeader: true,
              cell: ({ name }) => <span className="isolated">{name}</span>,
            },
            { id: "user", header: "User", sortingField: "userEmail", cell: ({ userEmail }) => userEmail },
            {
              id: "sources",
              header: "Allowed source addresses",
              cell: ({ allowedSources }) => allowedSources.join(", ") || "Any",
            },
            {
              id: "status",
              header: "Status",
              cell: ({ revokedTimestamp }) => (
                <StatusIndicator type={revokedTimestamp ? "stopped" : "success"}>
                  {revokedTimestamp ? "Revoked" : "In force"}
                </StatusIndicator>
              ),
            },
            { id: "used", header: "Last used", cell: (one) => <Time at={one.lastUsedTimestamp} /> },
            {
              id: "created",
              header: "Created",
              sortingField: "createdTimestamp",
              cell: (one) => <Time at={one.createdTimestamp} />,
            },
            {
              id: "actions",
              header: "Actions",
              cell: (one) =>
                one.revokedTimestamp ? (
                  "None"
                ) : (
                  <Button
                    variant="inline-link"
                    ariaLabel={`Revoke ${one.name}`}
                    onClick={() => {
                      revoke.reset();
                      setRevoking(one);
                    }}
                  >
                    Revoke
                  </Button>
                ),
            },
          ]}
        />
      </Loaded>
      {adding && (
        <AddApiKey
          onClose={() => setAdding(false)}
          onMade={(secret) => {
            setAdding(false);
            setMade(secret);
            void refresh();
          }}
        />
      )}
      {made && (
        <ShownOnce
          title="The API key was added"
          values={{ "Account key (x-api-key)": accountKey, "Secret key (x-api-secret-key)": made }}
          onClose={() => setMade(null)}
        />
      )}
      {revoking && (
        <Confirm
          title="Revoke API key"
          verb="Revoke"
          action={revoke}
          onConfirm={() => revoke.mutate(revoking)}
          onClose={() => setRevoking(null)}
        >
          <span>
            Revoke <b className="isolated">{revoking.name}</b> of {revoking.userEmail}? Programs that use it
            are refused at once. It cannot be brought back.
          </span>
        </Confirm>
      )}
    </>
  );
}

function AddApiKey({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const users = useQuery(usersQuery);
  const [name, setName] = useState("");
  const [userId, setUserId] = useState("");
  const [sources, setSources] = useState("");
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/api-keys", {
          body: {
            name: name.trim(),
            userId: Number(userId),
            allowedSources: sources.split(/[\s,]+/).filter(Boolean),
          },
        }),
      ),
    onSuccess: ({ secretKey }) => onMade(secretKey),
  });
  const failure = create.error ? asFailure(create.error) : null;
  const said = (field: string) => failure?.fields.find((one) => one.field === field)?.message;
  const options = (users.data ?? [])
    .filter(({ enabled }) => enabled)
    .map(({ id, name, email, role }) => ({
      value: String(id),
      label: name,
      description: `${email}, ${role}`,
    }));

  function submit() {
    setTried(true);
    if (name.trim() !== "" && userId !== "") create.mutate();
  }

  return (
    <Modal
      visible
      header="Add API key"
      closeAriaLabel="Close Add API key"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={create.isPending} onClick={submit}>
              Add API key
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failure && failure.fields.length === 0 && <Alert type="error">{failure.message}</Alert>}
        <FormField
          label="Name"
          errorText={tried && (name.trim() === "" ? "Name is required." : said("name"))}
        >
          <Input
            value={name}
            autoFocus
            placeholder="ci-pipeline"
            onChange={({ detail }) => setName(detail.value)}
          />
        </FormField>
        <FormField
          label="User"
          description="The key may do what its user may do."
          errorText={tried && (userId === "" ? "Choose a user." : said("userId"))}
        >
          <Select
            options={options}
            statusType={users.isPending ? "loading" : users.error ? "error" : "finished"}
            loadingText="Loading the users"
            errorText="Could not load the users"
            recoveryText="Try again"
            onLoadItems={() => void users.refetch()}
            placeholder="Choose a user"
            selectedOption={options.find(({ value }) => value === userId) ?? null}
            onChange={({ detail }) => setUserId(detail.selectedOption.value ?? "")}
          />
        </FormField>
        <FormField
          label="Allowed source addresses"
          description="In CIDR notation, one a line. Empty: from anywhere."
          errorText={said("allowedSources")}
        >
          <Textarea
            value={sources}
            rows={3}
            placeholder="192.0.2.0/24"
            onChange={({ detail }) => setSources(detail.value)}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
