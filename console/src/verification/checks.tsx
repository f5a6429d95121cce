import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import type { Schemas } from "../api/schemas";
import { shown } from "../common/words";
import { nameOf, VERDICTS } from "./words";

/** The checks of a verification, in the order they finished. */
export function Checks({ findings }: { findings: readonly Schemas["Finding"][] }) {
  return (
    <SpaceBetween size="xxs">
      {findings.map((finding, index) => {
        const { type, text } = shown(VERDICTS, finding.verdict);
        return (
          <Box key={index} fontSize="body-s">
            <StatusIndicator type={type} iconAriaLabel={text} wrapText>
              <b>{nameOf(finding)}:</b> <span className="isolated">{finding.message}</span>
            </StatusIndicator>
          </Box>
        );
      })}
    </SpaceBetween>
  );
}
