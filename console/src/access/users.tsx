import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { usersQuery } from "../api/query-client";
import type { User, UserCreate } from "../api/schemas";
import { Confirm } from "../common/dialog";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { Time } from "../common/time";
import { useCurrent } from "../session/context";
import { ShownOnce } from "../common/shown-once";

const ROLES: { value: UserCreate["role"]; label: string; description: string }[] = [
  { value: "Owner", label: "Owner", description: "Everything, users and API keys included" },
  { value: "Manager", label: "Manager", description: "Reads and changes everything but users and API keys" },
  { value: "Viewer", label: "Viewer", description: "Reads everything" },
  { value: "Logs Viewer", label: "Logs Viewer", description: "Reads the logs" },
  { value: "Billing Admin", label: "Billing Admin", description: "Reads billing data" },
];

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
            {
              id: "name",
              header: "Name",
              sortingField: "name",
              isRowHeader: true,
              cell: ({ name }) => <span className="isolated">{name}</span>,
            },
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
  const [role, setRole] = useState<UserCreate["role"]>("Viewer");
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/users", { body: { name: name.trim(), email: email.trim(), role } })),
    onSuccess: ({ password }) => onMade({ email: email.trim(), password }),
  });
  const failure = create.error ? asFailure(create.error) : null;
  const said = (field: string) => failure?.fields.find((one) => one.field === field)?.message;

  function submit() {
    setTried(true);
    if (name.trim() !== "" && email.includes("@")) create.mutate();
  }

  return (
    <Modal
      visible
      header="Add user"
      closeAriaLabel="Close Add user"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={create.isPending} onClick={submit}>
              Add user
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
          <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField
          label="Email"
          errorText={tried && (email.includes("@") ? said("email") : "Enter an email address.")}
        >
          <Input type="email" value={email} onChange={({ detail }) => setEmail(detail.value)} />
        </FormField>
        <FormField label="Role" errorText={said("role")}>
          <Select
            options={ROLES}
            selectedOption={ROLES.find(({ value }) => value === role) ?? null}
            onChange={({ detail }) => setRole(detail.selectedOption.value as UserCreate["role"])}
          />
        </FormField>
        <Box color="text-body-secondary">
          A password is made up and shown to you once. Berth sends no mail: pass it on yourself.
        </Box>
      </SpaceBetween>
    </Modal>
  );
}
