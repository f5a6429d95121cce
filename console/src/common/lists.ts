/** A list with part of one of its items changed. */
export function replaced<T>(all: T[], at: number, patch: Partial<T>): T[] {
  return all.map((one, other) => (other === at ? { ...one, ...patch } : one));
}

export function without<T>(all: T[], at: number): T[] {
  return all.filter((_, other) => other !== at);
}
