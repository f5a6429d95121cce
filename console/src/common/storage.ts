// What a person typed and has not saved, kept while the tab is open: never a secret.
import { useCallback, useState } from "react";

const PREFIX = "berth.draft.";

/** Forgets all drafts; done at sign-out. */
export function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}

/**
 * State that outlives a reload, a sign-in anew and a look at another page, for the same person only. `keep`
 * says what of it may be kept.
 */
export function useDraft<T extends object>(
  owner: number,
  name: string,
  initial: T,
  keep: (value: T) => Partial<T>,
): [T, (value: T) => void, () => void, boolean] {
  const key = `${PREFIX}${owner}.${name}`;
  const [{ value, restored }, set] = useState(() => {
    const kept = read(key);
    return { value: { ...initial, ...kept }, restored: kept !== null };
  });
  const change = useCallback(
    (next: T) => {
      sessionStorage.setItem(key, JSON.stringify(keep(next)));
      set((before) => ({ ...before, value: next }));
    },
    [key, keep],
  );
  const forget = useCallback(() => sessionStorage.removeItem(key), [key]);
  return [value, change, forget, restored];
}

/** Changes part of a draft from outside its form, such as from a guide that the form leads to. */
export function amendDraft(owner: number, name: string, change: object) {
  const key = `${PREFIX}${owner}.${name}`;
  sessionStorage.setItem(key, JSON.stringify({ ...read(key), ...change }));
}

function read(key: string): object | null {
  try {
    const parsed: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}
