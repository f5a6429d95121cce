// Saving a cloud account as it was verified.
import { answer, api } from "../api/client";
import type { VerifyRequest } from "../verification/stream";
import type { Mode } from "./fields";

/** Asks the server to save what was verified. */
export function save(mode: Mode, { cloudAccountId, ...fields }: VerifyRequest) {
  if (mode.kind === "edit") {
    const params = { path: { id: cloudAccountId ?? mode.account.id } };
    return answer(api.PUT("/v1/cloud-accounts/{id}", { params, body: fields }));
  }
  const { name, accessKeyId, accessSecretKey, roleArn, externalId, consoleRoleName } = fields;
  const access =
    accessKeyId && accessSecretKey
      ? { accessKeyId, accessSecretKey }
      : roleArn && externalId && { accessMode: "role" as const, roleArn, externalId };
  if (!name || !access || !consoleRoleName) throw new Error("a field is missing that was verified");
  const body = { name, provider: "AWS", ...access, consoleRoleName };
  return answer(api.POST("/v1/cloud-accounts", { body }));
}

/** Whether two requests would be the same to the server. */
export function isSame(one: VerifyRequest, other: VerifyRequest | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
