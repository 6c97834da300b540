/** Loading something from the server for as long as a component wants it. */
import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  /** The newest value there is; while the next one is loaded, the one before. */
  value: T | undefined;
  error: unknown;
  isLoading: boolean;
  reload: () => void;
}

interface Outcome<T> {
  load: unknown;
  attempt: number;
  value: T | undefined;
  error?: unknown;
}

/**
 * Loads whenever `load` is another function: make it with `useCallback`, and what it depends on is what it is loaded for.
 * A request that nobody waits for any more is aborted.
 */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [attempt, setAttempt] = useState(0);
  const [outcome, setOutcome] = useState<Outcome<T>>();
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setOutcome({ load, attempt, value });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setOutcome({ load, attempt, value: undefined, error });
      },
    );
    return () => {
      controller.abort();
    };
  }, [load, attempt]);
  const reload = useCallback(() => {
    setAttempt((before) => before + 1);
  }, []);
  const isLoading = outcome?.load !== load || outcome.attempt !== attempt;
  return { value: outcome?.value, error: isLoading ? undefined : outcome.error, isLoading, reload };
}
