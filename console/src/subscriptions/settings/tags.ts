// Resource tags: the server's own rules, told before anything is sent.
import type { Problem } from "../../api/failure";
import { ResourceTagRequest, ResourceTagsUpdate } from "../../api/limits";
import type { Schemas } from "../../api/schemas";
import { isText } from "../../common/limits";

export type Tag = Schemas["ResourceTagRequest"];

export const MOST_TAGS = ResourceTagsUpdate.resourceTags.maxItems;

const CHARACTERS = /^[\p{L}\p{N} _.:/=+@-]*$/u;
const ALLOWED = "may have letters, digits, spaces and any of _ . : / = + - @";

/** Everything that is wrong with tags, which stand at `path` in the request's body. */
export function tagProblems(tags: Tag[], path: string): Problem[] {
  const found: Problem[] = [];
  tags.forEach(({ key, value }, at) => {
    const twice = tags.findIndex((other) => other.key.trim() === key.trim()) < at;
    const ofKey = keyProblem(key.trim()) ?? (twice ? "Another tag has this key too." : null);
    if (ofKey) found.push({ field: `${path}[${at}].key`, message: ofKey });
    const ofValue = valueProblem(value.trim());
    if (ofValue) found.push({ field: `${path}[${at}].value`, message: ofValue });
  });
  if (tags.length > MOST_TAGS)
    found.push({ field: path, message: `There may be at most ${MOST_TAGS} tags.` });
  return found;
}

function keyProblem(key: string): string | null {
  if (key === "") return "Key is required.";
  if (!isText(key, ResourceTagRequest.key)) return tooLong("Key", ResourceTagRequest.key);
  if (/^aws:/i.test(key)) return "Keys that begin with aws: are AWS's own.";
  if (/^berth:/i.test(key) || key === "Name" || key === "RedisLabsIdentifier") {
    return "Berth writes this tag itself; choose another key.";
  }
  return CHARACTERS.test(key) ? null : `Key ${ALLOWED}.`;
}

function valueProblem(value: string): string | null {
  if (!isText(value, ResourceTagRequest.value)) return tooLong("Value", ResourceTagRequest.value);
  return CHARACTERS.test(value) ? null : `Value ${ALLOWED}.`;
}

function tooLong(what: string, { maxLength }: { maxLength: number }): string {
  return `${what} must be ${maxLength} characters or less.`;
}

/** Tags without spaces around them, as they are sent. */
export function cleanTags(tags: Tag[]): Tag[] {
  return tags.map(({ key, value }) => ({ key: key.trim(), value: value.trim() }));
}
