/** Navigation by the browser's history, on a page without a router. */
import { useMemo, useSyncExternalStore } from "react";
import type { Navigation } from "./navigation";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  globalThis.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    globalThis.removeEventListener("popstate", listener);
  };
}

function go(parameters: URLSearchParams, replace: boolean): void {
  const url = `${globalThis.location.pathname}?${parameters.toString()}`;
  if (replace) globalThis.history.replaceState(null, "", url);
  else globalThis.history.pushState(null, "", url);
  for (const listener of listeners) listener();
}

export function useHistoryNavigation(): Navigation {
  const search = useSyncExternalStore(subscribe, () => globalThis.location.search);
  return useMemo(() => ({ parameters: new URLSearchParams(search), go }), [search]);
}
