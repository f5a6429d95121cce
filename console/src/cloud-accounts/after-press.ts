// Waits for the end of a press of the pointer.
let pressed = false;
let waiting: (() => void)[] = [];

document.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(
    end,
    () => {
      pressed = false;
      const due = waiting;
      waiting = [];
      // The click comes right after.
      setTimeout(() => due.forEach((act) => act()));
    },
    true,
  );
}

/**
 * Acts at once, or after the click when the pointer is down just now. What appears on leaving a field moves what is
 * below, and a click whose press and release meet different things is lost.
 */
export function afterPress(act: () => void) {
  if (pressed) waiting.push(act);
  else act();
}
