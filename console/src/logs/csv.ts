/** Comma-separated values (RFC 4180), safe to open in a spreadsheet. */
export function csv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

function cell(value: string | number | null | undefined): string {
  const text = String(value ?? "");
  // A spreadsheet takes a text that begins so for a formula, and would run what somebody chose as a name.
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
