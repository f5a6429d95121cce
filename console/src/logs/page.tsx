import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../api/client";
import type { Schemas } from "../api/schemas";
import { download } from "../common/download";
import { Page } from "../common/page";
import { Empty, Loaded } from "../common/states";
import { ListTable } from "../common/table";
import { Time } from "../common/time";
import { useCurrent } from "../session/context";
import { csv } from "./csv";

type LogEntry = Schemas["LogEntry"];

const CHUNK = 500;
const UNIT_MS = {
  second: 1e3,
  minute: 6e4,
  hour: 36e5,
  day: 864e5,
  week: 6048e5,
  month: 2592e6,
  year: 31536e6,
};
const ANY = { value: "", label: "Anyone" };
const ANYTHING = { value: "", label: "Anything" };

/** Who did what, and when. */
export default function Logs() {
  const { permissions } = useCurrent().session;
  const [range, setRange] = useState<DateRangePickerProps.Value | null>(null);
  const [user, setUser] = useState("");
  const [resource, setResource] = useState("");
  const logs = useLogs(range, { user, ...split(resource) });
  // What can be chosen from is what there is in this time, whatever was chosen.
  const all = useLogs(range, {});

  const shown = logs.data?.pages.flat() ?? [];
  const there = all.data?.pages.flat() ?? [];
  const options = (values: string[]) => [...new Set(values)].sort().map((value) => ({ value, label: value }));
  const users = [ANY, ...options([...there.map(({ originator }) => originator), user].filter(Boolean))];
  const resources = [
    ANYTHING,
    ...options([...there.flatMap((entry) => [entry.resource, about(entry)]), resource].filter(Boolean)),
  ];

  if (!permissions.readLogs) {
    return (
      <Page title="Logs">
        <Alert type="info" header="You may not see the logs">
          Your role does not include them.
        </Alert>
      </Page>
    );
  }

  return (
    <Page title="Logs">
      <Loaded query={logs} what="the logs">
        <ListTable
          what="entries"
          title="Log"
          description="Who did what, newest first."
          counterSuffix={logs.hasNextPage ? "+" : ""}
          items={shown}
          rowId={({ id }) => String(id)}
          searched={(one) =>
            [one.originator, one.type, about(one), one.description, one.apiKeyName].join(" ")
          }
          empty={
            <Empty
              title="No entries"
              hint="Nothing was done in this time, or by this user, to this resource."
            />
          }
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {logs.hasNextPage && (
                <Button loading={logs.isFetchingNextPage} onClick={() => void logs.fetchNextPage()}>
                  Load older entries
                </Button>
              )}
              <ButtonDropdown
                disabled={shown.length === 0}
                items={[
                  { id: "json", text: "JSON", description: "The entries chosen by the filters" },
                  { id: "csv", text: "CSV", description: "The entries chosen by the filters" },
                ]}
                onItemClick={({ detail }) => save(detail.id, shown)}
              >
                Export
              </ButtonDropdown>
            </SpaceBetween>
          }
          filters={
            <>
              <DateRangePicker
                value={range}
                onChange={({ detail }) => setRange(detail.value)}
                placeholder="Any time"
                relativeOptions={[
                  { key: "1h", amount: 1, unit: "hour", type: "relative" },
                  { key: "1d", amount: 1, unit: "day", type: "relative" },
                  { key: "7d", amount: 7, unit: "day", type: "relative" },
                  { key: "30d", amount: 30, unit: "day", type: "relative" },
                ]}
                isValidRange={(value) =>
                  value?.type === "absolute" && (!value.startDate || !value.endDate)
                    ? { valid: false, errorMessage: "Choose a start and an end." }
                    : { valid: true }
                }
                i18nStrings={{
                  formatRelativeRange: ({ amount, unit }) =>
                    `Last ${amount === 1 ? "" : `${amount} `}${unit}${amount === 1 ? "" : "s"}`,
                }}
                ariaLabel="Time"
              />
              <Select
                inlineLabelText="User"
                ariaLabel="User"
                options={users}
                selectedOption={users.find(({ value }) => value === user) ?? ANY}
                onChange={({ detail }) => setUser(detail.selectedOption.value ?? "")}
              />
              <Select
                inlineLabelText="Resource"
                ariaLabel="Resource"
                options={resources}
                selectedOption={resources.find(({ value }) => value === resource) ?? ANYTHING}
                onChange={({ detail }) => setResource(detail.selectedOption.value ?? "")}
              />
            </>
          }
          columns={[
            { id: "time", header: "Time", sortingField: "time", cell: ({ time }) => <Time at={time} /> },
            {
              id: "user",
              header: "User",
              minWidth: 180,
              sortingField: "originator",
              cell: ({ originator, apiKeyName }) => (
                <span className="isolated">
                  {originator}
                  {apiKeyName && ` (API key ${apiKeyName})`}
                </span>
              ),
            },
            { id: "type", header: "What", sortingField: "type", isRowHeader: true, cell: ({ type }) => type },
            { id: "resource", header: "Resource", cell: about },
            {
              id: "description",
              header: "Description",
              minWidth: 240,
              cell: ({ description }) => <span className="isolated">{description}</span>,
            },
          ]}
        />
      </Loaded>
    </Page>
  );
}

interface Chosen {
  user?: string;
  resource?: string;
  resourceId?: number;
}

function useLogs(range: DateRangePickerProps.Value | null, { user, resource, resourceId }: Chosen) {
  const { permissions } = useCurrent().session;
  return useInfiniteQuery({
    queryKey: ["logs", range, user ?? "", resource ?? "", resourceId ?? ""],
    enabled: permissions.readLogs,
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        ...bounds(range, Date.now()),
        user: user === "" ? undefined : user,
        resource,
        resourceId,
        offset: pageParam,
        limit: CHUNK,
      };
      return (await answer(api.GET("/api/logs", { params: { query }, signal }))).entries;
    },
    getNextPageParam: (last, pages) => (last.length < CHUNK ? undefined : pages.length * CHUNK),
  });
}

/** The inverse of `about`. */
function split(chosen: string): Pick<Chosen, "resource" | "resourceId"> {
  if (chosen === "") return {};
  const [, resource, id] = /^(.*) (\d+)$/.exec(chosen) ?? [];
  return resource === undefined ? { resource: chosen } : { resource, resourceId: Number(id) };
}

function about({ resource, resourceId }: LogEntry): string {
  return resourceId == null ? resource : `${resource} ${resourceId}`;
}

function bounds(range: DateRangePickerProps.Value | null, now: number) {
  if (!range) return {};
  if (range.type === "relative") {
    return { startTime: new Date(now - range.amount * UNIT_MS[range.unit]).toISOString() };
  }
  return {
    startTime: new Date(range.startDate).toISOString(),
    endTime: new Date(range.endDate).toISOString(),
  };
}

function save(format: string, entries: LogEntry[]) {
  if (format === "json") {
    download("berth-log.json", "application/json", JSON.stringify(entries, null, 2));
    return;
  }
  const heading = [
    "id",
    "time",
    "originator",
    "apiKeyName",
    "type",
    "resource",
    "resourceId",
    "description",
  ] as const;
  download(
    "berth-log.csv",
    "text/csv",
    csv([heading, ...entries.map((entry) => heading.map((name) => entry[name]))]),
  );
}
