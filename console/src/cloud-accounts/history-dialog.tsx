// When an account's access was verified, and what came of it.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery } from "@tanstack/react-query";

import { Dialog } from "../common/dialog";
import { Empty, Loaded } from "../common/states";
import { Time } from "../common/time";
import { Indicator, word } from "../common/words";
import { Checks } from "../verification/checks";
import { CAUSES, CONCLUSIONS } from "../verification/words";
import { type CloudAccount, verificationsQuery } from "./queries";

/** The verifications of the last 90 days, newest first. */
export function HistoryDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }) {
  const history = useInfiniteQuery(verificationsQuery(account.id));
  const verifications = history.data?.pages.flatMap((page) => page.verifications) ?? [];
  return (
    <Dialog size="large" title="Verification history of" about={account.name} onClose={onClose}>
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
              {
                id: "result",
                header: "Result",
                cell: ({ conclusion, findings }) => (
                  <SpaceBetween size="xxs">
                    <Indicator words={CONCLUSIONS} value={conclusion} />
                    <Checks findings={findings} />
                  </SpaceBetween>
                ),
              },
              { id: "why", header: "Made because", cell: (one) => word(CAUSES, one.cause) },
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
    </Dialog>
  );
}
