import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api } from "../../api/client";
import { asFailure } from "../../api/failure";
import { KEYS } from "../../api/query-client";
import type { Schemas } from "../../api/schemas";
import { Empty, Loaded, useSlow } from "../../common/states";
import { ListTable } from "../../common/table";
import { Time } from "../../common/time";
import { word } from "../../common/words";
import { useCurrent } from "../../session/context";
import { awsLink, kindOf } from "../deployments/kinds";
import type { Subscription } from "../queries";
import { type Compared, compared, isChecked, whoDid } from "./drift";
import { driftQuery } from "./queries";
import { RestorePolicySection } from "./restore-policy";
import { Restores } from "./restores";
import { DIFFERENCES } from "./words";

const CHECKING_MS = 1_000;

/** Everything that is not as Berth built it. */
export default function DriftTab({ subscription }: { subscription: Subscription }) {
  const { id } = subscription;
  const client = useQueryClient();
  const { permissions } = useCurrent().session;
  // When everything was last compared before a check was asked for; `null` while none is awaited.
  const [before, setBefore] = useState<Compared | null>(null);
  const drift = useQuery({
    ...driftQuery(id),
    refetchInterval: ({ state }) => (before && !isChecked(before, state.data ?? []) ? CHECKING_MS : false),
  });
  const check = useMutation({
    mutationFn: () => answer(api.POST("/api/subscriptions/{id}/drift", { params: { path: { id } } })),
    onMutate: () => setBefore(compared(drift.data ?? [])),
    onError: () => setBefore(null),
  });
  const reports = drift.data ?? [];
  const checked = before !== null && isChecked(before, reports);
  const checking = before !== null && !checked;
  const slow = useSlow(checking);
  // The list of subscriptions, the banner and what comes next tell the same.
  useEffect(() => {
    if (checked) void client.invalidateQueries({ queryKey: [KEYS.subscriptions] });
  }, [checked, client]);

  const action = permissions.write && (
    <Button iconName="refresh" loading={checking} loadingText="Checking" onClick={() => check.mutate()}>
      Check now
    </Button>
  );
  return (
    <Loaded query={drift} what="the drift">
      <SpaceBetween size="l">
        {check.error && <Alert type="error">{asFailure(check.error).message}</Alert>}
        {slow && (
          <Alert type="info">
            This takes longer than usual: Berth is busy with this AWS account, or AWS answers slowly. The
            result shows here as soon as it is there.
          </Alert>
        )}
        {reports.length === 0 ? (
          <Empty title="Nothing is built" hint="What Berth builds is compared with AWS from then on." />
        ) : (
          reports.map((one) => <Report key={one.deploymentId} report={one} action={action} />)
        )}
        {reports.length > 0 && (
          <SpaceBetween size="l">
            <Restores id={id} />
            <RestorePolicySection subscription={subscription} />
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Loaded>
  );
}

function Report({ report, action }: { report: Schemas["DeploymentDrift"]; action: React.ReactNode }) {
  const { region, findings, comparedTimestamp } = report;
  return (
    <ListTable
      what="differences"
      title={`Drift in ${region}`}
      description={
        comparedTimestamp ? (
          <>
            Compared with AWS <Time at={comparedTimestamp} />, and again every few minutes.
          </>
        ) : (
          "Not compared with AWS yet: that begins once it is built."
        )
      }
      items={findings}
      rowId={({ awsId, what, found }) => [awsId, what, found].join(" ")}
      searched={(one) =>
        [
          one.resource,
          kindOf(one.kind).name,
          one.awsId,
          word(DIFFERENCES, one.what),
          one.expected,
          one.found,
          whoDid(one.by),
        ].join(" ")
      }
      actions={action}
      empty={
        comparedTimestamp ? (
          <Empty
            title={<StatusIndicator type="success">No drift</StatusIndicator>}
            hint="Everything in AWS is as Berth built it."
          />
        ) : (
          <Empty title="Not compared yet" hint="What differs shows here after the first comparison." />
        )
      }
      columns={[
        {
          id: "what",
          header: "What",
          sortingField: "what",
          isRowHeader: true,
          minWidth: 150,
          cell: ({ what }) => <StatusIndicator type="warning">{word(DIFFERENCES, what)}</StatusIndicator>,
        },
        {
          id: "resource",
          header: "Resource",
          minWidth: 190,
          cell: (one) => <About region={region} one={one} />,
        },
        {
          id: "expected",
          header: "Expected",
          minWidth: 150,
          cell: ({ expected }) => <Words text={expected} />,
        },
        { id: "found", header: "Found", minWidth: 150, cell: ({ found }) => <Words text={found} /> },
        { id: "since", header: "Since", sortingField: "since", cell: ({ since }) => <Time at={since} /> },
        { id: "by", header: "By whom", minWidth: 170, cell: ({ by }) => <Words text={whoDid(by)} /> },
      ]}
    />
  );
}

const Words = ({ text }: { text: string }) => <span className="isolated">{text}</span>;

function About({ region, one: { resource, kind, awsId } }: { region: string; one: Schemas["DriftFinding"] }) {
  const href = awsLink(region, kind, awsId);
  return (
    <>
      <div>{resource ?? kindOf(kind).name}</div>
      <Box variant="small">
        {href ? (
          <Link
            external
            fontSize="body-s"
            href={href}
            externalIconAriaLabel="Opens the AWS console in a new tab"
          >
            {awsId}
          </Link>
        ) : (
          awsId
        )}
      </Box>
    </>
  );
}
