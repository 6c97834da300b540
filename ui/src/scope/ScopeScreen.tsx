import { useCallback, type ReactElement } from "react";
import { findInScope, scopeArchiveUrl, type Page, type Scope } from "../api";
import { ArtifactTable } from "../parts/ArtifactTable";
import { AsOf } from "../parts/AsOf";
import type { Naming } from "../parts/Facts";
import { Loading } from "../parts/Loading";
import { Paging } from "../parts/Paging";
import { useView } from "../routing/navigation";
import { PAGE_SIZE, pageQuery } from "../routing/view";
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
      <Loading of={found}>{(value) => <Found page={value} scope={scope} naming={namingOf(scope)} />}</Loading>
      <RowsSection scope={scope} />
    </>
  );
}

function Found({ page, scope, naming }: { page: Page; scope: Scope; naming: Naming }): ReactElement {
  const { view, change } = useView();
  if (page.total === 0) return <p className="aa-empty">{emptyList(scope)}</p>;
  return (
    <>
      <ArtifactTable items={page.items} caption={titleOf(scope)} naming={naming} isSortable />
      <Paging
        total={page.total}
        size={PAGE_SIZE}
        page={view.page}
        onPage={(next) => { change({ page: next }); }}
        label="artifacts"
      />
    </>
  );
}
