import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { onSessionExpired } from "./api/client";
import { Failed, Loading } from "./common/states";
import { sessionQuery } from "./session/queries";
import { SignIn } from "./session/sign-in";
import { Console } from "./shell/console";

/** The sign-in form or the console, by whether somebody is signed in. */
export function App() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  // Whether the last session was ended by whoever had it; `null` before there was one.
  const [signedOut, setSignedOut] = useState<boolean | null>(null);

  useEffect(() => {
    onSessionExpired(() => {
      client.setQueryData(sessionQuery.queryKey, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
    });
  }, [client]);

  if (session.isPending) return <Loading what="the console" retry={session.refetch} />;
  if (session.data === undefined) {
    return (
      <main className="sign-in">
        <Failed query={session} what="the console" />
      </main>
    );
  }
  // Signing in as somebody else starts everything anew.
  return session.data ? (
    <Console
      key={session.data.user.id}
      session={session.data}
      onSignedIn={() => setSignedOut(false)}
      onSignedOut={() => setSignedOut(true)}
    />
  ) : (
    <SignIn ended={signedOut === false} />
  );
}
