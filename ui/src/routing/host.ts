/** Navigation by Airflow's own router, which Airflow offers to plugins as a global. */
import { useCallback } from "react";
import { useSearchParams } from "react-router-dom";
import type { Navigation } from "./navigation";

export function useHostNavigation(): Navigation {
  const [parameters, setParameters] = useSearchParams();
  const go = useCallback(
    (changed: URLSearchParams, replace: boolean) => {
      setParameters(changed, { replace });
    },
    [setParameters],
  );
  return { parameters, go };
}
