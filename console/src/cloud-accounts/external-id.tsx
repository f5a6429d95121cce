import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";

import { answer, api } from "../api/client";
import { asFailure } from "../api/failure";
import { Copy } from "../common/copy";
import { Info } from "../common/info";
import { Time } from "../common/time";

/** An external id as Berth issued it. */
export interface Issued {
  externalId: string;
  externalIdExpires: string;
}

/** Has Berth issue an external id. */
export function useIssue(then: (issued: Issued) => void) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => answer(api.POST("/api/cloud-accounts/external-id")),
    onSuccess: ({ externalId, expiresTimestamp }) =>
      then({ externalId, externalIdExpires: expiresTimestamp }),
  });
  return { issue: () => mutate(), isPending, error: error && asFailure(error).message };
}

/** What can be done about an external id: copy the one there is, or have another one issued. */
export function ExternalIdActions({ id, issue, busy }: { id: string; issue: () => void; busy: boolean }) {
  return (
    <SpaceBetween direction="horizontal" size="xxs">
      {id !== "" && <Copy variant="icon" copyButtonAriaLabel="Copy external id" textToCopy={id} />}
      <Button formAction="none" loading={busy} onClick={issue}>
        {id === "" ? "Issue external id" : "Issue another"}
      </Button>
    </SpaceBetween>
  );
}

/** Until when it can be used. */
export function Expiry({ at }: { at: string }) {
  if (at === "") return "For this account and one cloud account only. Put it into the role's trust policy.";
  return (
    <>
      Issued for this account and one cloud account only; expires <Time at={at} />. Put it into the
      role&apos;s trust policy and add the account before that.
    </>
  );
}

export function ExternalIdInfo() {
  return (
    <Info
      header="External id"
      label="What an external id is"
      text="What Berth names when it assumes the role. The role's trust policy must ask for it: otherwise any other customer of this Berth who knows the role's ARN could have Berth get in, and the role is refused. It is no secret."
    />
  );
}
