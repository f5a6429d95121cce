import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import type { Finding } from "../api/schemas";
import { checkName, verdictType } from "../common/words";

const TOLD: Record<string, string> = {
  pass: "passed",
  warn: "warning",
  fail: "failed",
  unknown: "could not be checked",
};

/** The checks of a verification, in the order they finished. */
export function Checks({ findings }: { findings: readonly Finding[] }) {
  return (
    <SpaceBetween size="xxs">
      {findings.map((finding, index) => (
        <Box key={index} fontSize="body-s">
          <StatusIndicator
            type={verdictType(finding.verdict)}
            iconAriaLabel={TOLD[finding.verdict] ?? finding.verdict}
            wrapText
          >
            <b>{checkName(finding.check, finding.field)}:</b>{" "}
            <span className="isolated">{finding.message}</span>
          </StatusIndicator>
        </Box>
      ))}
    </SpaceBetween>
  );
}
