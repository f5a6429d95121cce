// Who is signed in, and which subscription is selected, for everything inside the shell.
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

import type { Schemas } from "../api/schemas";

type Session = Schemas["Session"];

interface Current {
  session: Session;
  /** The selected subscription; `null` when the account has none. */
  subscription: Session["subscriptions"][number] | null;
  select: (id: number) => void;
}

const Context = createContext<Current | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  const key = `berth.subscription.${session.account.id}`;
  const [selected, setSelected] = useState(() => Number(localStorage.getItem(key)));
  const select = useCallback(
    (id: number) => {
      localStorage.setItem(key, String(id));
      setSelected(id);
    },
    [key],
  );
  const value = useMemo(() => {
    const { subscriptions } = session;
    const subscription = subscriptions.find((one) => one.id === selected) ?? subscriptions[0] ?? null;
    return { session, subscription, select };
  }, [session, selected, select]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useCurrent(): Current {
  const current = useContext(Context);
  if (!current) throw new Error("there is no SessionProvider around this");
  return current;
}
