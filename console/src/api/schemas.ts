// The API's shapes, by the names that openapi.json gives them.
import type { components } from "./schema";

export type Schemas = components["schemas"];

/**
 * The words that a field takes whose type is any text, but whose pattern is a choice such as `^(redis|memcached)$`:
 * `OneOf<typeof DatabasePlanRequest.protocol>`.
 */
export type OneOf<Limits extends { pattern: string }> = Limits["pattern"] extends `^(${infer Choices})$`
  ? Split<Choices>
  : never;

type Split<Choices extends string> = Choices extends `${infer First}|${infer Rest}`
  ? First | Split<Rest>
  : Choices;
