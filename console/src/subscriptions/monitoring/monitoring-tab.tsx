import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import LineChart from "@cloudscape-design/components/line-chart";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";

import { Empty, Loaded } from "../../common/states";
import { Time } from "../../common/time";
import { Indicator } from "../../common/words";
import { deploymentsQuery } from "../deployments/queries";
import type { Subscription } from "../queries";
import { type Chart, charts, HEALTHS, isEmpty, type Monitoring, span, told, top } from "./monitoring";
import { monitoringQuery } from "./queries";

/** How the nodes do, as AWS tells it. */
export default function MonitoringTab({ subscription: { id } }: { subscription: Subscription }) {
  const deployments = useQuery(deploymentsQuery(id));
  const found = deployments.data ?? [];
  return (
    <Loaded query={deployments} what="the deployments">
      {found.length === 0 ? (
        <Empty title="Nothing is built" hint="Nodes show here once there are any." />
      ) : (
        <SpaceBetween size="l">
          {found.map((one) => (
            <Deployment key={one.id} id={one.id} region={one.region} />
          ))}
        </SpaceBetween>
      )}
    </Loaded>
  );
}

function Deployment({ id, region }: { id: string; region: string }) {
  const monitoring = useQuery(monitoringQuery(id));
  const { data } = monitoring;
  return (
    <Loaded query={monitoring} what={`how the nodes in ${region} do`}>
      {data && (
        <SpaceBetween size="l">
          <Nodes data={data} refresh={() => void monitoring.refetch()} refreshing={monitoring.isFetching} />
          <Figures data={data} />
        </SpaceBetween>
      )}
    </Loaded>
  );
}

interface NodesProps {
  data: Monitoring;
  refresh: () => void;
  refreshing: boolean;
}

function Nodes({ data: { region, readTimestamp, checks, nodes }, refresh, refreshing }: NodesProps) {
  // AWS may say nothing of it.
  const health = (one: Monitoring["nodes"][number], check: "system" | "instance") => (
    <Indicator words={HEALTHS} value={one.checks?.[check] ?? "unknown"} />
  );
  return (
    <Table
      items={nodes}
      trackBy="node"
      wrapLines
      ariaLabels={{ tableLabel: `Nodes in ${region}` }}
      header={
        <Header
          variant="h2"
          counter={`(${nodes.length})`}
          description={
            readTimestamp ? (
              <>
                Read from AWS <Time at={readTimestamp} />.
              </>
            ) : (
              "Not read from AWS yet: that takes a few minutes after it is built."
            )
          }
          actions={
            <Button iconName="refresh" loading={refreshing} onClick={refresh}>
              Refresh
            </Button>
          }
        >
          Nodes in {region}
        </Header>
      }
      footer={checks.reason && <StatusIndicator type="stopped">{checks.reason}</StatusIndicator>}
      empty={<Empty title="No nodes" hint="They show here as soon as AWS has given them ids." />}
      columnDefinitions={[
        { id: "node", header: "Node", isRowHeader: true, cell: ({ node }) => node },
        { id: "instance-id", header: "Instance", cell: ({ instanceId }) => instanceId },
        { id: "system", header: "System check", cell: (one) => health(one, "system") },
        { id: "instance", header: "Instance check", cell: (one) => health(one, "instance") },
        {
          id: "announced",
          header: "Announced by AWS",
          cell: (one) => one.checks?.announced.join("; ") || "Nothing",
        },
      ]}
    />
  );
}

function Figures({ data }: { data: Monitoring }) {
  const { region, figures } = data;
  const all = charts(data);
  const full = all.filter((chart) => !isEmpty(chart));
  return (
    <Container
      header={
        <Header variant="h2" description="The last three hours, as CloudWatch has them.">
          Figures in {region}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {figures.reason && (
          <Alert type={figures.state === "none-yet" ? "info" : "warning"}>{figures.reason}</Alert>
        )}
        {full.length === 0 ? (
          !figures.reason && <Empty title="No figures" hint="CloudWatch has none of the last three hours." />
        ) : (
          <ColumnLayout columns={2}>
            {full.map((chart) => (
              <Figure key={chart.id} chart={chart} region={region} />
            ))}
          </ColumnLayout>
        )}
      </SpaceBetween>
    </Container>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function Figure({ chart, region }: { chart: Chart; region: string }) {
  const { title, unit, lines } = chart;
  const tell = (value: number) => told(value, unit);
  return (
    <div>
      <Box variant="h3" margin={{ bottom: "xs" }}>
        {title}
      </Box>
      <LineChart
        ariaLabel={`${title} of the nodes in ${region}`}
        height={160}
        hideFilter
        xScaleType="time"
        xDomain={span(chart)}
        yDomain={[0, top(chart)]}
        xTickFormatter={(time) => clock.format(time)}
        yTickFormatter={tell}
        series={lines.map(({ title, points }) => ({
          type: "line",
          title,
          data: points,
          valueFormatter: tell,
        }))}
      />
    </div>
  );
}
