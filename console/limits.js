// Writes src/api/limits.ts: what openapi.json lets the fields of requests be, which its types don't say.
import { readFileSync, writeFileSync } from "node:fs";

const OUTPUT = new URL("src/api/limits.ts", import.meta.url);
const KEPT = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern"];

const { paths, components } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const bodies = Object.values(paths).flatMap((path) =>
  Object.values(path).flatMap(({ requestBody }) => requestBody ?? []),
);
const parts = [...reached(bodies)].sort().flatMap((name) => {
  const fields = Object.entries(components.schemas[name].properties ?? {})
    .map(([field, schema]) => [field, Object.entries(schema).filter(([key]) => KEPT.includes(key))])
    .filter(([, limits]) => limits.length > 0)
    .map(([field, limits]) => [field, Object.fromEntries(limits)]);
  return fields.length === 0
    ? []
    : `export const ${name} = ${JSON.stringify(Object.fromEntries(fields))} as const;\n`;
});
writeFileSync(OUTPUT, `// Made by limits.js from openapi.json; do not edit.\n\n${parts.join("\n")}`);

/** The names of all schemas that are part of these. */
function reached(schemas, names = new Set()) {
  for (const [, name] of JSON.stringify(schemas).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (names.has(name)) continue;
    names.add(name);
    reached(components.schemas[name], names);
  }
  return names;
}
