// Messages at the top of the page: what was done, what goes on, what failed.
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

export type Flash = FlashbarProps.MessageDefinition & { id: string };

interface Flashes {
  items: Flash[];
  /** Shows a message, or replaces the one of the same id. */
  show: (flash: Flash) => void;
  hide: (id: string) => void;
}

const Context = createContext<Flashes | null>(null);

export function FlashProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<Flash[]>([]);
  const hide = useCallback((id: string) => setItems((all) => all.filter((one) => one.id !== id)), []);
  const show = useCallback(
    (flash: Flash) => {
      const item: Flash = {
        dismissible: true,
        dismissLabel: "Dismiss",
        onDismiss: () => hide(flash.id),
        ...flash,
      };
      setItems((all) =>
        all.some((one) => one.id === flash.id)
          ? all.map((one) => (one.id === flash.id ? item : one))
          : [item, ...all],
      );
    },
    [hide],
  );
  const value = useMemo(() => ({ items, show, hide }), [items, show, hide]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useFlashes(): Flashes {
  const flashes = useContext(Context);
  if (!flashes) throw new Error("there is no FlashProvider around this");
  return flashes;
}
