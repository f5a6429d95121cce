/** What is wrong with the length of a console session; `undefined` when nothing is. */
export function minutesProblem(text: string): string | undefined {
  const whole = /^\d+$/.test(text.trim());
  const minutes = Number(text);
  return whole && minutes >= 15 && minutes <= 60
    ? undefined
    : "Minutes must be a whole number from 15 to 60.";
}
