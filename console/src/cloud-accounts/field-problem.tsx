import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Popover from "@cloudscape-design/components/popover";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { asPolicyText, type FieldState } from "./findings";

/** The information icon beside a field: what is wrong with it, what to do, and the statement to add. */
export function FieldProblem({ label, state }: { label: string; state: FieldState }) {
  const title = state.level === "error" ? `What is wrong with ${label}` : `What to know about ${label}`;
  const policy = asPolicyText(state.statements);
  const remedies = [...new Set(state.notes.flatMap(({ remedy }) => remedy ?? []))];
  return (
    <span className={`problem-${state.level}`}>
      <Popover
        header={title}
        size="large"
        triggerType="custom"
        dismissAriaLabel="Close"
        renderWithPortal
        content={
          <div className="problem-content">
            <SpaceBetween size="s">
              <div className="notes" tabIndex={0} role="group" aria-label={title}>
                {state.notes.length === 1 ? (
                  <span className="isolated">{state.notes[0]?.message}</span>
                ) : (
                  <ul>
                    {state.notes.map(({ message }, index) => (
                      <li key={index} className="isolated">
                        {message}
                      </li>
                    ))}
                  </ul>
                )}
              </div>
              {policy === "" ? (
                remedies.map((remedy) => (
                  <Box key={remedy} variant="p">
                    <span className="isolated">{remedy}</span>
                  </Box>
                ))
              ) : (
                <SpaceBetween size="xs">
                  <b>
                    {state.statements.length === 1
                      ? "Add this statement to the user's policy:"
                      : "Add these statements to the user's policy:"}
                  </b>
                  <CopyToClipboard
                    copyButtonText={state.statements.length === 1 ? "Copy statement" : "Copy statements"}
                    copySuccessText="Copied"
                    copyErrorText="Could not be copied: select the text instead"
                    textToCopy={policy}
                  />
                  <pre className="code" tabIndex={0} aria-label="Policy statements">
                    {policy}
                  </pre>
                </SpaceBetween>
              )}
            </SpaceBetween>
          </div>
        }
      >
        <Button
          variant="inline-icon"
          formAction="none"
          iconName={state.level === "error" ? "status-info" : "status-warning"}
          ariaLabel={title}
        />
      </Popover>
    </span>
  );
}

/** The line under a field. */
export function summary({ notes }: FieldState): string {
  const [first, ...more] = notes;
  if (!first) return "";
  return more.length === 0 ? first.message : `${first.message} And ${more.length} more: select the icon.`;
}
