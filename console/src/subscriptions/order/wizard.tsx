import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard, { type WizardProps } from "@cloudscape-design/components/wizard";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, useEffect, useState } from "react";
import { useNavigate } from "react-router";

import { asFailure, type Problem } from "../../api/failure";
import { Dialog } from "../../common/dialog";
import { focusFirstProblem } from "../../common/focus";
import { useOnline } from "../../common/states";
import { useDraft } from "../../common/storage";
import { useCurrent } from "../../session/context";
import { saidOf, standing } from "../problems";
import { AccountStep } from "./account-step";
import { DatabasesStep } from "./databases-step";
import { useDryRun, useOrder } from "./dry-run";
import { NetworkingStep } from "./networking-step";
import {
  EMPTY_ORDER,
  fixedProblems,
  fixedRequest,
  type OrderForm,
  orderProblems,
  orderRequest,
  type PlanKind,
  withNetworks,
} from "./order";
import { PlanStep } from "./plan-step";
import { fixedPlansQuery, proSubscriptionsQuery } from "./queries";
import { RegionsStep } from "./regions-step";
import { ReviewStep } from "./review-step";
import { SizeStep } from "./size-step";
import { STEP_NAMES, type StepId, stepOf, type StepProps } from "./steps";
import { TagsStep } from "./tags-step";

const STEPS: Record<PlanKind, Exclude<StepId, "review">[]> = {
  flexible: ["plan", "account", "regions", "networking", "databases", "tags"],
  fixed: ["plan", "size"],
};

const CONTENT: Record<Exclude<StepId, "review">, ComponentType<StepProps>> = {
  plan: PlanStep,
  size: SizeStep,
  account: AccountStep,
  regions: RegionsStep,
  networking: NetworkingStep,
  databases: DatabasesStep,
  tags: TagsStep,
};

const whole = (form: OrderForm) => form;

export function OrderWizard() {
  const { session } = useCurrent();
  const online = useOnline();
  const navigate = useNavigate();
  const [form, setForm, forget, restored] = useDraft(session.user.id, "order", EMPTY_ORDER, whole);
  const [tried, setTried] = useState<StepId[]>([]);
  const [leaving, setLeaving] = useState(false);
  const [welcomed, setWelcomed] = useState(!restored);
  const orders = useQuery(proSubscriptionsQuery);
  const plans = useQuery({ ...fixedPlansQuery, enabled: form.plan === "fixed" });
  const dryRun = useDryRun();
  const order = useOrder();

  const built = form.plan === "flexible";
  const steps: StepId[] = [...STEPS[form.plan], "review"];
  const at = Math.min(form.step, steps.length - 1);
  const planName = plans.data?.find(({ id }) => String(id) === form.fixedPlanId)?.name ?? "";
  const local = built ? orderProblems(form) : fixedProblems(form);
  const request = built ? orderRequest(form) : fixedRequest(form, planName);
  const remote = [
    ...refused(dryRun.error, dryRun.variables, request),
    ...refused(order.error, order.variables?.order, request),
  ];
  const planned = isSame(dryRun.variables, request);
  const due = built && steps[at] === "review" && local.length === 0 && !planned;
  const wanted = JSON.stringify(request);
  const { mutate: plan } = dryRun;
  useEffect(() => {
    if (due) plan(JSON.parse(wanted) as Parameters<typeof plan>[0]);
  }, [due, plan, wanted]);

  const said: StepProps["said"] = (path, parts) => {
    const shown = local.filter(({ field }) => tried.includes(stepOf(field)));
    return saidOf([...shown, ...remote], path, parts);
  };

  function go(step: number) {
    const passed = steps.slice(0, step);
    setTried((before) => [...new Set([...before, ...passed])]);
    const blocking = local.find(({ field }) => passed.includes(stepOf(field)));
    const to = blocking ? Math.min(step, steps.indexOf(stepOf(blocking.field))) : step;
    if (blocking) focusFirstProblem(() => document.querySelector("main"));
    setForm({ ...(steps[to] === "networking" ? withNetworks(form, taken()) : form), step: to });
  }

  function taken(): string[] {
    const networks = orders.data?.flatMap(({ cloudDetails }) =>
      cloudDetails.flatMap(({ regions }) => regions),
    );
    return (networks ?? []).flatMap(({ networking }) => networking.map((one) => one.deploymentCIDR));
  }

  async function create() {
    const wanted = built
      ? { plan: "flexible" as const, order: orderRequest(form) }
      : { plan: "fixed" as const, order: fixedRequest(form, planName) };
    try {
      const id = await order.mutateAsync(wanted);
      forget();
      await navigate(id === undefined ? "/subscriptions" : `/subscriptions/${id}`);
    } catch {
      // Shown with the review.
    }
  }

  const room = planned && dryRun.isSuccess && remote.length === 0;
  const ready = local.length === 0 && online && (!built || room);
  const contents: WizardProps.Step[] = STEPS[form.plan].map((id) => {
    const Content = CONTENT[id];
    return {
      title: STEP_NAMES[id],
      isOptional: id === "tags",
      content: <Content form={form} change={(patch) => setForm({ ...form, ...patch })} said={said} />,
    };
  });
  const review = {
    title: "Review and create",
    content: (
      <ReviewStep
        form={form}
        problems={[...local, ...remote]}
        refusal={order.error && isSame(order.variables?.order, request) ? asFailure(order.error) : null}
        planning={
          built
            ? {
                isPending: due || (planned && dryRun.isPending),
                error: planned ? dryRun.error : null,
                data: planned ? dryRun.data : undefined,
                again: () => {
                  order.reset();
                  dryRun.mutate(orderRequest(form));
                },
              }
            : undefined
        }
        edit={(step) => go(steps.indexOf(step))}
      />
    ),
  };

  return (
    <SpaceBetween size="l">
      {!welcomed && (
        <Alert
          type="info"
          dismissible
          onDismiss={() => setWelcomed(true)}
          action={
            <Button
              onClick={() => {
                setForm(EMPTY_ORDER);
                setTried([]);
                setWelcomed(true);
              }}
            >
              Start anew
            </Button>
          }
        >
          What you typed before was kept.
        </Alert>
      )}
      <Wizard
        steps={[...contents, review]}
        activeStepIndex={at}
        submitButtonText="Create subscription"
        isLoadingNextStep={order.isPending}
        i18nStrings={{ submitButton: "Create subscription" }}
        onNavigate={({ detail }) => go(detail.requestedStepIndex)}
        onCancel={() => (isUntouched(form) ? void navigate("/subscriptions") : setLeaving(true))}
        customPrimaryActions={
          steps[at] === "review" ? (
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => setLeaving(true)}>
                Cancel
              </Button>
              <Button formAction="none" onClick={() => go(at - 1)}>
                Previous
              </Button>
              <Button
                variant="primary"
                formAction="none"
                disabled={!ready}
                loading={order.isPending}
                loadingText="Ordering the subscription"
                onClick={() => void create()}
              >
                Create subscription
              </Button>
            </SpaceBetween>
          ) : undefined
        }
      />
      {leaving && (
        <Dialog
          title="Leave the wizard"
          close="Go on editing"
          actions={
            <Button
              onClick={() => {
                forget();
                void navigate("/subscriptions");
              }}
            >
              Discard
            </Button>
          }
          primary={{ text: "Keep for later", onClick: () => void navigate("/subscriptions") }}
          onClose={() => setLeaving(false)}
        >
          Nothing was ordered. What you typed can be kept until you sign out or close this tab.
        </Dialog>
      )}
    </SpaceBetween>
  );
}

/** What the server has against `request`, as far as it told of `asked`. */
function refused(error: unknown, asked: unknown, request: unknown): Problem[] {
  return error ? standing(asFailure(error).fields, asked, request) : [];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isUntouched(form: OrderForm): boolean {
  return isSame({ ...form, step: 0 }, EMPTY_ORDER);
}
