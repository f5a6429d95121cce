// When an account's access was verified, and what came of it.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery } from "@tanstack/react-query";

import { verificationsQuery } from "../api/query-client";
import type { CloudAccount, Verification } from "../api/schemas";
import { Empty, Loaded } from "../common/states";
import { Time } from "../common/time";
import { cause, conclusion } from "../common/words";
import { Checks } from "../verification/checks";

/** The verifications of the last 90 days, newest first. */
export function HistoryDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const history = useInfiniteQuery(verificationsQuery(account.id));
  const verifications = history.data?.pages.flatMap((page) => page.verifications) ?? [];
  return (
    <Modal
      visible
      size="large"
      header={
        <>
          Verification history of <span className="isolated">{account.name}</span>
        </>
      }
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button onClick={onClose}>Close</Button>
        </Box>
      }
    >
      <Loaded query={history} what="the verification history">
        <SpaceBetween size="s">
          <Table
            variant="embedded"
            items={verifications}
            trackBy="id"
            wrapLines
            ariaLabels={{ tableLabel: "Verification history" }}
            empty={
              <Empty
                title="No verifications"
                hint="Berth keeps those of the last 90 days. Choose Verify now to make one."
              />
            }
            columnDefinitions={[
              {
                id: "at",
                header: "When",
                cell: ({ timestamp }) => <Time at={timestamp} />,
                isRowHeader: true,
              },
              { id: "result", header: "Result", cell: (one) => <Result verification={one} /> },
              { id: "why", header: "Made because", cell: (one) => cause(one.cause) },
              { id: "took", header: "Took", cell: ({ durationMs }) => `${(durationMs / 1000).toFixed(1)} s` },
            ]}
          />
          {history.hasNextPage && (
            <Button loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
              Show older ones
            </Button>
          )}
        </SpaceBetween>
      </Loaded>
    </Modal>
  );
}

function Result({ verification }: { verification: Verification }) {
  const { type, text } = conclusion(verification.conclusion);
  return (
    <SpaceBetween size="xxs">
      <StatusIndicator type={type}>{text}</StatusIndicator>
      <Checks findings={verification.findings} />
    </SpaceBetween>
  );
}
