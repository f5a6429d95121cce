import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";

import { optionsOf } from "../../common/states";
import { MARKETPLACE } from "./order";
import { paymentMethodsQuery } from "./queries";
import type { StepProps } from "./steps";

/** How a subscription is paid, on record: nothing is ever charged. */
export function Payment({ form, change, said }: StepProps) {
  const methods = useQuery(paymentMethodsQuery);
  const cards = (methods.data ?? []).map((one) => ({
    value: String(one.id),
    label: `${one.type} ending in ${String(one.creditCardEndsWith).padStart(4, "0")}`,
    description: `${one.nameOnCard}, expires ${one.expirationMonth}/${one.expirationYear}`,
  }));
  const options = [
    ...cards,
    {
      value: MARKETPLACE,
      label: "Marketplace or contract",
      description: "No payment method of this account",
    },
  ];
  return (
    <FormField
      label="Payment"
      description="Kept on record; Berth charges nothing. AWS bills what is built to your AWS account."
      errorText={said("paymentMethodId")}
    >
      <Select
        options={options}
        {...optionsOf(methods, "the payment methods")}
        selectedOption={options.find(({ value }) => value === form.payment) ?? { value: form.payment }}
        onChange={({ detail }) => change({ payment: detail.selectedOption.value ?? MARKETPLACE })}
      />
    </FormField>
  );
}
