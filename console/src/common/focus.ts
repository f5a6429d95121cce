/** Leads to what has to be corrected, once it is shown. */
export function focusFirstProblem(within: () => ParentNode | null) {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => within()?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()),
  );
}
