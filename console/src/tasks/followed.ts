// Which tasks this tab follows. Kept in the session's storage, so that a reload goes on following.
const KEY = "berth.tasks";

export function followed(): string[] {
  try {
    const parsed: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(parsed) ? parsed.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function follow(id: string) {
  if (!followed().includes(id)) sessionStorage.setItem(KEY, JSON.stringify([...followed(), id]));
}

/** Leaves a task alone that a page shows by itself, such as a dry run. */
export function disregard(id: string) {
  disregarded.add(id);
  unfollow(id);
}

export function isDisregarded(id: string): boolean {
  return disregarded.has(id);
}

const disregarded = new Set<string>();

export function unfollow(id: string) {
  sessionStorage.setItem(KEY, JSON.stringify(followed().filter((one) => one !== id)));
}
