import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Popover from "@cloudscape-design/components/popover";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { Copy } from "../common/copy";
import { asPolicyText, type FieldState, withPolicy } from "./findings";

/** The information icon beside a field: what is wrong with it, what to do, and the statement to add. */
export function FieldProblem({ label, state }: { label: string; state: FieldState }) {
  const title = state.level === "error" ? `What is wrong with ${label}` : `What to know about ${label}`;
  return (
    <span className={`problem-${state.level}`}>
      <Popover
        header={title}
        size="large"
        triggerType="custom"
        dismissAriaLabel="Close"
        renderWithPortal
        content={<Problem title={title} state={state} />}
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

/** What was found, what to do, and the statement to add. */
export function Problem({ title, state }: { title: string; state: FieldState }) {
  const policy = asPolicyText(state.statements);
  const remedies = [...new Set(state.notes.flatMap(({ remedy }) => remedy ?? []))];
  return (
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
          remedies.map((remedy) => <Remedy key={remedy} remedy={remedy} />)
        ) : (
          <SpaceBetween size="xs">
            <b>
              {state.statements.length === 1
                ? "Add this statement to the policy by which Berth gets in:"
                : "Add these statements to the policy by which Berth gets in:"}
            </b>
            <Copy
              copyButtonText={state.statements.length === 1 ? "Copy statement" : "Copy statements"}
              textToCopy={policy}
            />
            <pre className="code" tabIndex={0} aria-label="Policy statements">
              {policy}
            </pre>
          </SpaceBetween>
        )}
      </SpaceBetween>
    </div>
  );
}

/** What to do; a policy in it can be copied. */
function Remedy({ remedy }: { remedy: string }) {
  const { before, policy, after } = withPolicy(remedy);
  return (
    <SpaceBetween size="xs">
      <Box variant="p">
        <span className="isolated">{before}</span>
      </Box>
      {policy && (
        <>
          <Copy copyButtonText="Copy policy" textToCopy={policy} />
          <pre className="code" tabIndex={0} role="group" aria-label="Policy">
            {policy}
          </pre>
        </>
      )}
      {after && (
        <Box variant="p">
          <span className="isolated">{after}</span>
        </Box>
      )}
    </SpaceBetween>
  );
}

/** The line under a field. */
export function summary({ notes }: FieldState): string {
  const [first, ...more] = notes;
  if (!first) return "";
  return more.length === 0 ? first.message : `${first.message} And ${more.length} more: select the icon.`;
}
