/** Navigation by Airflow's own router, which Airflow offers to plugins as a global. */
import { useCallback, useEffect } from "react";
import { useSearchParams } from "react-router-dom";
import type { Navigation } from "./navigation";

let isJustLoaded = true;

export function useHostNavigation(): Navigation {
  const [parameters, setParameters] = useSearchParams();
  const go = useCallback(
    (changed: URLSearchParams, replace: boolean) => {
      setParameters(changed, { replace });
    },
    [setParameters],
  );
  // Airflow shows a plugin that it has just loaded as one component, and from its next render on as another, which begins anew: the
  // focus would be lost with the first filter. A change to the same address brings that render before anybody does anything.
  useEffect(() => {
    if (isJustLoaded) go(parameters, true);
    isJustLoaded = false;
  }, [parameters, go]);
  return { parameters, go };
}
