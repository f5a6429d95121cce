import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { UserCreate } from "../api/limits";
import type { Schemas } from "../api/schemas";
import { Confirm, FormDialog } from "../common/dialog";
import { isText } from "../common/limits";
import { ShownOnce } from "../common/shown-once";
import { Empty, Loaded } from "../common/states";
import { ListTable, nameColumn } from "../common/table";
import { Time } from "../common/time";
import { useCurrent } from "../session/context";
import { usersQuery } from "./queries";

type User = Schemas["ManagedUser"];

const ROLES: Record<User["role"], string> = {
  Owner: "Everything, users and API keys included",
  Manager: "Reads and changes everything but users and API keys",
  Viewer: "Reads everything",
  "Logs Viewer": "Reads the logs",
  "Billing Admin": "Reads billing data",
};
const ROLE_OPTIONS = Object.entries(ROLES).map(([value, description]) => ({
  value,
  label: value,
  description,
}));

export function Users() {
  const { session } = useCurrent();
  const users = useQuery(usersQuery);
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<{ email: string; password: string } | null>(null);
  const [disabling, setDisabling] = useState<User | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: usersQuery.queryKey });
  const disable = useMutation({
    mutationFn: ({ id }: User) => answer(api.POST("/api/users/{id}/disable", { params: { path: { id } } })),
    onSuccess: async () => {
      setDisabling(null);
      await refresh();
    },
  });

  return (
    <>
      <Loaded query={users} what="the users">
        <ListTable
          what="users"
          title="Users"
          items={users.data ?? []}
          rowId={({ id }) => String(id)}
          searched={({ name, email, role }) => `${name} ${email} ${role}`}
          empty={<Empty title="No users" hint="Add the first." />}
          actions={
            <Button variant="primary" onClick={() => setAdding(true)}>
              Add user
            </Button>
          }
          columns={[
            nameColumn(),
            { id: "email", header: "Email", sortingField: "email", cell: ({ email }) => email },
            { id: "role", header: "Role", sortingField: "role", cell: ({ role }) => role },
            {
              id: "status",
              header: "Status",
              cell: ({ enabled }) => (
                <StatusIndicator type={enabled ? "success" : "stopped"}>
                  {enabled ? "Enabled" : "Disabled"}
                </StatusIndicator>
              ),
            },
            { id: "key", header: "API key", cell: ({ hasApiKey }) => (hasApiKey ? "Yes" : "No") },
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
                one.id === session.user.id ? (
                  "You"
                ) : one.enabled ? (
                  <Button
                    variant="inline-link"
                    ariaLabel={`Disable ${one.name}`}
                    onClick={() => {
                      disable.reset();
                      setDisabling(one);
                    }}
                  >
                    Disable
                  </Button>
                ) : (
                  "None"
                ),
            },
          ]}
        />
      </Loaded>
      {adding && (
        <AddUser
          onClose={() => setAdding(false)}
          onMade={(user) => {
            setAdding(false);
            setMade(user);
            void refresh();
          }}
        />
      )}
      {made && (
        <ShownOnce
          title="The user was added"
          values={{ Email: made.email, Password: made.password }}
          onClose={() => setMade(null)}
        />
      )}
      {disabling && (
        <Confirm
          title="Disable user"
          verb="Disable"
          action={disable}
          onConfirm={() => disable.mutate(disabling)}
          onClose={() => setDisabling(null)}
        >
          <span>
            Disable <b className="isolated">{disabling.name}</b> ({disabling.email})? All sessions and API
            keys of this user stop working at once. What the user did stays.
          </span>
        </Confirm>
      )}
    </>
  );
}

function AddUser({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (user: { email: string; password: string }) => void;
}) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<User["role"]>("Viewer");
  const create = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/users", { body: { name: name.trim(), email: email.trim(), role } })),
    onSuccess: ({ password }) => onMade({ email: email.trim(), password }),
  });

  return (
    <FormDialog
      title="Add user"
      verb="Add user"
      action={create}
      fields={{
        name: { label: "Name", problem: nameProblem(name.trim()) },
        email: { label: "Email", problem: !email.includes("@") && "Enter an email address." },
        role: { label: "Role" },
      }}
      onSubmit={create.mutate}
      onClose={onClose}
    >
      {(field) => (
        <SpaceBetween size="m">
          {field("name", <Input value={name} onChange={({ detail }) => setName(detail.value)} />)}
          {field(
            "email",
            <Input type="email" value={email} onChange={({ detail }) => setEmail(detail.value)} />,
          )}
          {field(
            "role",
            <Select
              options={ROLE_OPTIONS}
              selectedOption={ROLE_OPTIONS.find(({ value }) => value === role) ?? null}
              onChange={({ detail }) => setRole(detail.selectedOption.value as User["role"])}
            />,
          )}
          <Box color="text-body-secondary">
            A password is made up and shown to you once. Berth sends no mail: pass it on yourself.
          </Box>
        </SpaceBetween>
      )}
    </FormDialog>
  );
}

function nameProblem(name: string) {
  if (name === "") return "Name is required.";
  return !isText(name, UserCreate.name) && `Name must be ${UserCreate.name.maxLength} characters or less.`;
}
