import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard, { type WizardProps } from "@cloudscape-design/components/wizard";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, useEffect, useState } from "react";
import { useNavigate } from "react-router";

import { asFailure } from "../../api/failure";
import { fixedPlansQuery, proSubscriptionsQuery } from "../../api/query-client";
import { useOnline } from "../../common/states";
import { useDraft } from "../../common/storage";
import { useCurrent } from "../../session/context";
import {
  EMPTY_ORDER,
  fixedProblems,
  fixedRequest,
  type OrderForm,
  orderProblems,
  orderRequest,
  type PlanKind,
  type Problem,
  withNetworks,
} from "./order";
import { saidOf, standing, type StepId, stepOf } from "../problems";
import { AccountStep } from "./account-step";
import { DatabasesStep } from "./databases-step";
import { useDryRun, useOrder } from "./dry-run";
import { NetworkingStep } from "./networking-step";
import { PlanStep } from "./plan-step";
import { RegionsStep } from "./regions-step";
import { ReviewStep } from "./review-step";
import { SizeStep } from "./size-step";
import type { StepProps } from "./steps";
import { TagsStep } from "./tags-step";

const STEPS: Record<PlanKind, Exclude<StepId, "review">[]> = {
  flexible: ["plan", "account", "regions", "networking", "databases", "tags"],
  fixed: ["plan", "size"],
};

const CONTENT: Record<Exclude<StepId, "review">, { title: string; Content: ComponentType<StepProps> }> = {
  plan: { title: "Plan", Content: PlanStep },
  size: { title: "Size", Content: SizeStep },
  account: { title: "Cloud account", Content: AccountStep },
  regions: { title: "Regions and zones", Content: RegionsStep },
  networking: { title: "Networking", Content: NetworkingStep },
  databases: { title: "Databases", Content: DatabasesStep },
  tags: { title: "Tags", Content: TagsStep },
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
    if (blocking) focusFirstProblem();
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
    const { title, Content } = CONTENT[id];
    return {
      title,
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
        <Modal
          visible
          header="Leave the wizard"
          closeAriaLabel="Close"
          onDismiss={() => setLeaving(false)}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => setLeaving(false)}>
                  Go on editing
                </Button>
                <Button
                  onClick={() => {
                    forget();
                    void navigate("/subscriptions");
                  }}
                >
                  Discard
                </Button>
                <Button variant="primary" onClick={() => void navigate("/subscriptions")}>
                  Keep for later
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          Nothing was ordered. What you typed can be kept until you sign out or close this tab.
        </Modal>
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

/** Leads to what has to be mended, once it is shown. */
function focusFirstProblem() {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus()),
  );
}
