import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "../api/client";
import { asFailure, type Failure } from "../api/failure";
import { useOnline, useSlow } from "../common/states";
import { sessionQuery } from "./queries";

/** Asks for email and password. The page's address stays, so that one gets where one wanted to go. */
export function SignIn({ ended }: { ended: boolean }) {
  const client = useQueryClient();
  const online = useOnline();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const signIn = useMutation({
    mutationFn: () => answer(api.POST("/api/session", { body: { email: email.trim(), password } })),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
    onError: () => setPassword(""),
  });
  const slow = useSlow(signIn.isPending);

  function submit(event: FormEvent) {
    event.preventDefault();
    const incomplete = email.trim() === "" || password === "";
    setMissing(incomplete);
    if (!incomplete && !signIn.isPending) signIn.mutate();
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit} noValidate>
        <Form
          actions={
            <Button variant="primary" formAction="submit" loading={signIn.isPending} loadingText="Signing in">
              Sign in
            </Button>
          }
        >
          <SpaceBetween size="l">
            <Box textAlign="center" fontSize="display-l" fontWeight="bold">
              Berth
            </Box>
            {!online && <Alert type="warning">You are offline.</Alert>}
            {ended && signIn.isIdle && (
              <Alert type="info">
                Your session has ended. Sign in again to go on where you were; of what you typed, all but
                secrets was kept.
              </Alert>
            )}
            {signIn.error && <Alert type="error">{explain(asFailure(signIn.error))}</Alert>}
            {slow && <Alert type="info">This takes longer than usual. It may still come.</Alert>}
            <Container header={<Header variant="h1">Sign in</Header>}>
              <SpaceBetween size="m">
                <FormField label="Email" errorText={missing && email.trim() === "" && "Enter your email."}>
                  <Input
                    type="email"
                    autoComplete="username"
                    autoFocus
                    value={email}
                    onChange={({ detail }) => setEmail(detail.value)}
                  />
                </FormField>
                <FormField label="Password" errorText={missing && password === "" && "Enter your password."}>
                  <Input
                    type="password"
                    autoComplete="current-password"
                    value={password}
                    onChange={({ detail }) => setPassword(detail.value)}
                  />
                </FormField>
              </SpaceBetween>
            </Container>
          </SpaceBetween>
        </Form>
      </form>
    </main>
  );
}

function explain(failure: Failure): string {
  if (failure.status === 429 && failure.retryAfter) {
    return `Too many attempts. Try again in ${failure.retryAfter} seconds.`;
  }
  return failure.message;
}
