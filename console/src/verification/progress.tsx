import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import LiveRegion from "@cloudscape-design/components/live-region";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { useSlow } from "../common/states";
import { Indicator } from "../common/words";
import { Checks } from "./checks";
import type { Snapshot } from "./verifier";
import { OF_FORM } from "./words";

interface Props {
  snapshot: Snapshot;
  again: () => void;
  /** What is told before there is anything to verify. */
  idle?: string;
}

/** What the verification is doing, check by check. */
export function VerificationProgress({ snapshot, again, idle }: Props) {
  const slow = useSlow(snapshot.phase === "running");
  if (snapshot.phase === "idle") {
    return idle && <Box color="text-body-secondary">{idle}</Box>;
  }
  const findings = "findings" in snapshot ? snapshot.findings : [];
  return (
    <SpaceBetween size="xs">
      <LiveRegion>
        <Headline snapshot={snapshot} />
      </LiveRegion>
      {slow && (
        <Box color="text-body-secondary">
          AWS takes longer than usual to answer. The checks go on; you may also close this and come back
          later.
        </Box>
      )}
      <Checks findings={findings} />
      {(snapshot.phase === "done" || snapshot.phase === "failed") && (
        <Button variant="inline-link" iconName="refresh" formAction="none" onClick={again}>
          Check again
        </Button>
      )}
    </SpaceBetween>
  );
}

function Headline({ snapshot }: { snapshot: Exclude<Snapshot, { phase: "idle" }> }) {
  switch (snapshot.phase) {
    case "waiting":
      return snapshot.retryAt ? (
        <StatusIndicator type="pending">
          Too many checks in a short time. The next one starts by itself at{" "}
          {new Date(snapshot.retryAt).toLocaleTimeString()}.
        </StatusIndicator>
      ) : (
        <StatusIndicator type="pending">Access will be verified when you pause</StatusIndicator>
      );
    case "running":
      return <StatusIndicator type="loading">Verifying access</StatusIndicator>;
    case "failed":
      return <StatusIndicator type="stopped">Access could not be verified</StatusIndicator>;
    case "done":
      return <Indicator words={OF_FORM} value={snapshot.conclusion} />;
  }
}
