import type { OrderForm } from "./order";

/** What every step of the wizard gets. */
export interface StepProps {
  form: OrderForm;
  change: (patch: Partial<OrderForm>) => void;
  /** What is to be shown beside the field at this path of the request; empty when nothing is wrong with it. */
  said: (path: string, parts?: "with-parts" | "alone") => string;
}
