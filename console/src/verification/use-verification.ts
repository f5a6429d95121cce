import { useEffect, useState, useSyncExternalStore } from "react";

import { verify, type VerifyRequest } from "./stream";
import { type Snapshot, Verifier, type Verify } from "./verifier";

/** Verifies what stands in the form, as long as the dialog is open. */
export function useVerification(
  request: VerifyRequest | null,
  by: Verify = verify,
): {
  snapshot: Snapshot;
  again: () => void;
} {
  const [verifier] = useState(() => new Verifier(by));
  const snapshot = useSyncExternalStore(verifier.subscribe, verifier.snapshot);
  const key = JSON.stringify(request);
  useEffect(() => {
    verifier.want(JSON.parse(key) as VerifyRequest | null);
  }, [verifier, key]);
  useEffect(() => verifier.stop, [verifier]);
  return { snapshot, again: () => verifier.again() };
}
