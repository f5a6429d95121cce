import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/schemas";
import { Empty, Loaded } from "../../common/states";
import { Time } from "../../common/time";
import { Indicator, word } from "../../common/words";
import { restoresQuery } from "./queries";
import { DIFFERENCES, NEXT, OUTCOMES } from "./words";

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

function Report({ report: { region, next, restores } }: { report: Schemas["DeploymentRestores"] }) {
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
        { id: "what", header: "What", isRowHeader: true, cell: ({ what }) => word(DIFFERENCES, what) },
        { id: "resource", header: "Resource", cell: ({ resource, awsId }) => resource ?? awsId },
        { id: "expected", header: "Expected", cell: ({ expected }) => expected },
        { id: "found", header: "Found", cell: ({ found }) => found },
        { id: "at", header: "When", cell: ({ at }) => <Time at={at} /> },
        {
          id: "outcome",
          header: "Outcome",
          cell: ({ outcome, message }) => (
            <>
              <Indicator words={OUTCOMES} value={outcome} /> {message}
            </>
          ),
        },
      ]}
    />
  );
}

function Next({ next: { state, reason, until } }: { next: Schemas["NextRestore"] }) {
  return (
    <>
      {(state === "waiting" && reason) || word(NEXT, state)}{" "}
      {until && (
        <>
          Until <Time at={until} /> at the longest.
        </>
      )}
    </>
  );
}
