/** Where the query of the address is kept: in Airflow's router or in the browser's history. */
import { createContext, use, useMemo, type ReactElement, type ReactNode } from "react";
import { changedParameters, readView, type View } from "./view";

export interface Navigation {
  parameters: URLSearchParams;
  /** Goes to another query; `replace` leaves no step for the Back button. */
  go: (parameters: URLSearchParams, replace: boolean) => void;
}

export interface CurrentView {
  view: View;
  /** The address after a change. It names the path, because of the page's `<base>`. */
  hrefOf: (change: Partial<View>) => string;
  change: (change: Partial<View>, replace?: boolean) => void;
}

const Current = createContext<CurrentView | null>(null);

export function NavigationProvider({ navigation, children }: { navigation: Navigation; children: ReactNode }): ReactElement {
  const { parameters, go } = navigation;
  const current = useMemo<CurrentView>(
    () => ({
      view: readView(parameters),
      hrefOf: (change) => `${globalThis.location.pathname}?${changedParameters(parameters, change).toString()}`,
      change: (change, replace = false) => {
        go(changedParameters(parameters, change), replace);
      },
    }),
    [parameters, go],
  );
  return <Current value={current}>{children}</Current>;
}

export function useView(): CurrentView {
  const current = use(Current);
  if (!current) throw new Error("There is no NavigationProvider around this.");
  return current;
}
