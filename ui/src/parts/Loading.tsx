import type { ReactElement, ReactNode } from "react";
import { ApiError, loginUrl } from "../api";
import type { Loaded } from "../useLoaded";

/** Shows what was loaded, or that it is being loaded, or why it could not be. */
export function Loading<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ReactNode }): ReactElement {
  if (of.error !== undefined) return <ErrorNotice error={of.error} retry={of.reload} />;
  if (of.value === undefined) return <p className="aa-note" role="status">Loading …</p>;
  return (
    <div aria-busy={of.isLoading} className={of.isLoading ? "aa-stale" : undefined}>
      {children(of.value)}
    </div>
  );
}

export function ErrorNotice({ error, retry }: { error: unknown; retry?: () => void }): ReactElement {
  const status = error instanceof ApiError ? error.status : 0;
  return (
    <div className="aa-error" role="alert">
      <p>{status === 403 ? "You may not read artifacts of this DAG." : messageOf(error)}</p>
      {status === 401 ? <a href={loginUrl()}>Log in</a> : null}
      {retry && status !== 401 ? (
        <button type="button" onClick={retry}>Try again</button>
      ) : null}
    </div>
  );
}

function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.status === 401 ? "You are not logged in." : error.message;
  // A browser says no more than "Failed to fetch" when it reaches nobody.
  if (error instanceof TypeError) return `The server cannot be reached (${error.message}).`;
  return error instanceof Error ? error.message : String(error);
}
