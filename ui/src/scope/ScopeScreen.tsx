import { useCallback, type ReactElement } from "react";
import { findInScope, scopeArchiveUrl, type Scope } from "../api";
import { AsOf } from "../parts/AsOf";
import { Loading } from "../parts/Loading";
import { PagedArtifacts } from "../parts/PagedArtifacts";
import { useView } from "../routing/navigation";
import { pageQuery } from "../routing/view";
import { useLoaded } from "../useLoaded";
import { RowsSection } from "./RowsSection";
import { emptyList, namingOf, titleOf } from "./scopes";

/** What a DAG, a run, a task or a task instance made. */
export function ScopeScreen({ scope }: { scope: Scope }): ReactElement {
  const { view } = useView();
  const { sort, page } = view;
  const load = useCallback(
    (signal: AbortSignal) => findInScope(scope, pageQuery({ sort, page }), signal),
    [scope, sort, page],
  );
  const found = useLoaded(load);
  return (
    <>
      <div className="aa-bar">
        <h2 tabIndex={-1}>{titleOf(scope)}</h2>
        {scope.runId && found.value && found.value.total > 0 ? (
          <a className="aa-button" href={scopeArchiveUrl(scope)} download>Download all (zip)</a>
        ) : null}
        <AsOf time={found.value?.as_of} reload={found.reload} />
      </div>
      <Loading of={found}>
        {(value) =>
          value.total === 0 ? (
            <p className="aa-empty">{emptyList(scope)}</p>
          ) : (
            <PagedArtifacts page={value} caption={titleOf(scope)} naming={namingOf(scope)} />
          )
        }
      </Loading>
      <RowsSection scope={scope} />
    </>
  );
}
