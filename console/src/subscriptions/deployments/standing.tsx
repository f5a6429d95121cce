// How a subscription stands, above its tabs: what is being built or removed, what went wrong, what has drifted.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Steps from "@cloudscape-design/components/steps";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { asFailure } from "../../api/failure";
import { KEYS } from "../../api/query-client";
import { useFollow } from "../../common/follow";
import { Failed } from "../../common/states";
import { Time } from "../../common/time";
import { count, shown } from "../../common/words";
import { useCurrent } from "../../session/context";
import { hasCloudAccounts } from "../../session/plans";
import type { Subscription } from "../queries";
import { driftCount } from "../words";
import { type Deployment, DEPLOYMENTS, groups, isMoving, percent } from "./progress";
import { deploymentsQuery } from "./queries";

export function Standing({ subscription }: { subscription: Subscription }) {
  const { id, plan, drift, status } = subscription;
  const deployments = useQuery({ ...deploymentsQuery(id), enabled: hasCloudAccounts(plan) });
  const follow = useFollow();
  const found = deployments.data ?? [];
  return (
    <SpaceBetween size="l">
      {deployments.error && <Failed query={deployments} what="what is built" />}
      {found.map((one) => (
        <Moving key={one.id} deployment={one} />
      ))}
      {status === "error" && found.every(({ trouble }) => !trouble) && <Broken id={id} />}
      {drift > 0 && (
        <Alert
          type="warning"
          header="It is not as Berth built it"
          action={
            <Button href={`/subscriptions/${id}/drift`} onFollow={follow}>
              See the drift
            </Button>
          }
        >
          Somebody changed what Berth provisions: {driftCount(drift)} {drift === 1 ? "is" : "are"} known.
        </Alert>
      )}
    </SpaceBetween>
  );
}

/** A deployment that is not simply there: how far it is, and what stands in its way. */
function Moving({ deployment }: { deployment: Deployment }) {
  const { region, state, trouble } = deployment;
  const removing = state === "removing";
  if (state === "built") return trouble && <Trouble deployment={deployment} trouble={trouble} />;
  const left = deployment.resources.length;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={isMoving(deployment) && "Berth goes on by itself; you can leave this page."}
        >
          {shown(DEPLOYMENTS, state).text} {region}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {trouble && <Trouble deployment={deployment} trouble={trouble} />}
        {removing && (
          <Box>
            {left === 0 ? "Nothing is left to remove." : `${count(left, "resource")} left to remove.`}
          </Box>
        )}
        {state === "building" && (
          <ProgressBar
            value={percent(deployment)}
            label={`Built in ${region}`}
            ariaLabel={`Built in ${region}`}
          />
        )}
        <Steps
          ariaLabel={`Steps in ${region}`}
          steps={groups(deployment).map(({ title, status, standing, inHand }) => ({
            status,
            header: title,
            statusIconAriaLabel: status,
            details: inHand.length === 0 ? standing : `${standing}. In hand: ${inHand.join(", ")}`,
          }))}
        />
      </SpaceBetween>
    </Container>
  );
}

interface TroubleProps {
  deployment: Deployment;
  trouble: NonNullable<Deployment["trouble"]>;
}

function Trouble({ deployment: { state, subscriptionId }, trouble }: TroubleProps) {
  const { message, remedy, resource, action, attempts, since } = trouble;
  const failed = state === "failed";
  return (
    <Alert
      type={failed ? "error" : "warning"}
      header={failed ? "It went wrong" : "Something is in the way"}
      action={failed && <Retry id={subscriptionId} />}
    >
      <SpaceBetween size="xs">
        <div>{message}</div>
        <div>
          <b>What to do:</b> {remedy}
        </div>
        <Box variant="small" color="inherit">
          {[
            resource && `Resource ${resource}`,
            action && `action ${action}`,
            `tried ${count(attempts, "time")}`,
          ]
            .filter(Boolean)
            .join(", ")}
          , since <Time at={since} />.
        </Box>
      </SpaceBetween>
    </Alert>
  );
}

/** The status is an error, and no deployment says why. */
function Broken({ id }: { id: number }) {
  return (
    <Alert type="error" header="It went wrong" action={<Retry id={id} />}>
      Try it again, or delete the subscription. If it stays so, the operator of this Berth finds more in its
      log.
    </Alert>
  );
}

function Retry({ id }: { id: number }) {
  const client = useQueryClient();
  const { permissions } = useCurrent().session;
  const retry = useMutation({
    mutationFn: () => answer(api.POST("/api/subscriptions/{id}/retry", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: [KEYS.subscriptions] }),
  });
  if (!permissions.write) return null;
  return (
    <SpaceBetween size="xs">
      <Button loading={retry.isPending} onClick={() => retry.mutate()}>
        Retry
      </Button>
      {retry.error && <Box color="inherit">{asFailure(retry.error).message}</Box>}
    </SpaceBetween>
  );
}
