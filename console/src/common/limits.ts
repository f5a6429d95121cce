// Whether what is typed is as openapi.json wants it, so that nobody waits for the server to learn of a typing error.

interface TextLimits {
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

interface NumberLimits {
  minimum?: number;
  maximum?: number;
}

export function isText(
  text: string,
  { minLength = 0, maxLength = Infinity, pattern = "" }: TextLimits,
): boolean {
  // Counted as the server counts: an emoji is one character.
  const { length } = [...text];
  return length >= minLength && length <= maxLength && new RegExp(pattern, "u").test(text);
}

/** Whether a number is written, fractions included. */
export function isNumber(text: string, { minimum = -Infinity, maximum = Infinity }: NumberLimits): boolean {
  const number = Number(text);
  return text.trim() !== "" && number >= minimum && number <= maximum;
}

/** Whether a whole number is written, in digits alone. */
export function isWhole(text: string, limits: NumberLimits): boolean {
  return /^\d+$/.test(text.trim()) && isNumber(text, limits);
}

/** "1 to 60", "0.1 to 10,000" */
export function range({ minimum, maximum }: Required<NumberLimits>): string {
  return [minimum, maximum].map((limit) => limit.toLocaleString("en")).join(" to ");
}
