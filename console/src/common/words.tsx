// How values of the API are told to people. The maps of words stand with the features; `Record` makes the compiler
// find them incomplete when openapi.json gains a value. One from a newer Berth is shown as it is: here, nowhere else.
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

/** Words, and the colour and icon they have. */
export interface Shown {
  type: StatusIndicatorProps.Type;
  text: string;
}

/** What is told of a value; of an unknown one, what `unknown` makes of it. */
export function told<Value extends string, Told>(
  words: Record<Value, Told>,
  value: NoInfer<Value>,
  unknown: (value: string) => NoInfer<Told>,
): Told {
  return Object.hasOwn(words, value) ? words[value] : unknown(value);
}

export function word<Value extends string>(words: Record<Value, string>, value: NoInfer<Value>): string {
  return told(words, value, (text) => text);
}

export function shown<Value extends string>(words: Record<Value, Shown>, value: NoInfer<Value>): Shown {
  return told(words, value, (text) => ({ type: "info", text }));
}

export function Indicator<Value extends string>(props: {
  words: Record<Value, Shown>;
  value: NoInfer<Value>;
}) {
  const { type, text } = shown(props.words, props.value);
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}

/** "1 subnet", "3 subnets". */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** What the server has against a field, as a sentence: its messages follow the field's name. */
export function sentence(label: string, message: string): string {
  return `${label} ${message}${/[.?!]$/.test(message) ? "" : "."}`;
}
