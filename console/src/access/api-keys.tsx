import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { ApiKeyCreate } from "../api/limits";
import type { Schemas } from "../api/schemas";
import { Copy } from "../common/copy";
import { Confirm, FormDialog } from "../common/dialog";
import { isText } from "../common/limits";
import { ShownOnce } from "../common/shown-once";
import { Empty, Loaded, optionsOf } from "../common/states";
import { ListTable, nameColumn } from "../common/table";
import { Time } from "../common/time";
import { apiKeysQuery, usersQuery } from "./queries";

type ApiKey = Schemas["ManagedApiKey"];

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
              <Copy
                variant="inline"
                textToCopy={accountKey}
                textToDisplay={accountKey}
                copyButtonAriaLabel="Copy the account key"
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
            nameColumn(),
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
  const options = (users.data ?? [])
    .filter(({ enabled }) => enabled)
    .map(({ id, name, email, role }) => ({
      value: String(id),
      label: name,
      description: `${email}, ${role}`,
    }));

  return (
    <FormDialog
      title="Add API key"
      verb="Add API key"
      action={create}
      fields={{
        name: { label: "Name", problem: nameProblem(name.trim()) },
        userId: { label: "User", problem: userId === "" && "Choose a user." },
        allowedSources: { label: "Allowed source addresses" },
      }}
      onSubmit={create.mutate}
      onClose={onClose}
    >
      {(field) => (
        <SpaceBetween size="m">
          {field(
            "name",
            <Input value={name} placeholder="ci-pipeline" onChange={({ detail }) => setName(detail.value)} />,
          )}
          {field(
            "userId",
            <Select
              options={options}
              {...optionsOf(users, "the users")}
              placeholder="Choose a user"
              selectedOption={options.find(({ value }) => value === userId) ?? null}
              onChange={({ detail }) => setUserId(detail.selectedOption.value ?? "")}
            />,
            "The key may do what its user may do.",
          )}
          {field(
            "allowedSources",
            <Textarea
              value={sources}
              rows={3}
              placeholder="192.0.2.0/24"
              onChange={({ detail }) => setSources(detail.value)}
            />,
            "In CIDR notation, one a line. Empty: from anywhere.",
          )}
        </SpaceBetween>
      )}
    </FormDialog>
  );
}

function nameProblem(name: string) {
  const { minLength, maxLength } = ApiKeyCreate.name;
  if (name === "") return "Name is required.";
  return (
    !isText(name, ApiKeyCreate.name) &&
    `Name must be ${minLength} to ${maxLength} letters, digits, hyphens or underscores.`
  );
}
