import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";

import { restoresQuery } from "../../api/query-client";
import type { RestoreReport } from "../../api/schemas";
import { Empty, Loaded } from "../../common/states";
import { Time } from "../../common/time";
import { differenceName, restoreOutcome } from "../../common/words";

/** What Berth put right by itself, and what comes next. */
export function Restores({ id }: { id: number }) {
  const restores = useQuery(restoresQuery(id));
  return (
    <Loaded query={restores} what="what was restored">
      <SpaceBetween size="l">
        {(restores.data ?? []).map((one) => (
          <Report key={one.deploymentId} report={one} />
        ))}
      </SpaceBetween>
    </Loaded>
  );
}

function Report({ report: { region, next, restores } }: { report: RestoreReport }) {
  return (
    <Table
      items={restores}
      wrapLines
      ariaLabels={{ tableLabel: `Restored in ${region}` }}
      header={
        <Header variant="h2" counter={`(${restores.length})`} description={<Next next={next} />}>
          Restored in {region}
        </Header>
      }
      empty={
        <Empty
          title="Nothing was restored"
          hint="What Berth puts right by itself is listed here for 90 days."
        />
      }
      columnDefinitions={[
        { id: "what", header: "What", isRowHeader: true, cell: ({ what }) => differenceName(what) },
        { id: "resource", header: "Resource", cell: ({ resource, awsId }) => resource ?? awsId },
        { id: "expected", header: "Expected", cell: ({ expected }) => expected },
        { id: "found", header: "Found", cell: ({ found }) => found },
        { id: "at", header: "When", cell: ({ at }) => <Time at={at} /> },
        {
          id: "outcome",
          header: "Outcome",
          cell: ({ outcome, message }) => {
            const { type, text } = restoreOutcome(outcome);
            return (
              <>
                <StatusIndicator type={type}>{text}</StatusIndicator> {message}
              </>
            );
          },
        },
      ]}
    />
  );
}

function Next({ next: { state, reason, until } }: Pick<RestoreReport, "next">) {
  if (state === "nothing") return "Nothing is to be restored now.";
  if (state === "due") return "Something is restored with the next look.";
  return (
    <>
      {reason ?? "Something waits to be restored."}{" "}
      {until && (
        <>
          Until <Time at={until} /> at the longest.
        </>
      )}
    </>
  );
}
