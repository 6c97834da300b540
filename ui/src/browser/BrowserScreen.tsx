import { useCallback, type ReactElement } from "react";
import { findArtifacts, type Page } from "../api";
import { ArtifactTable } from "../parts/ArtifactTable";
import { AsOf } from "../parts/AsOf";
import { Loading } from "../parts/Loading";
import { Paging } from "../parts/Paging";
import { useView } from "../routing/navigation";
import { NO_FILTERS, PAGE_SIZE, listQuery, type Filters } from "../routing/view";
import { useLoaded } from "../useLoaded";
import { FilterForm } from "./FilterForm";

/** All artifacts that the user may see. */
export function BrowserScreen(): ReactElement {
  const { view } = useView();
  const wanted = JSON.stringify(listQuery(view));
  const load = useCallback(
    (signal: AbortSignal) => findArtifacts(JSON.parse(wanted) as ReturnType<typeof listQuery>, signal),
    [wanted],
  );
  const found = useLoaded(load);
  return (
    <>
      <div className="aa-bar">
        <h2 tabIndex={-1}>Artifacts</h2>
        <AsOf time={found.value?.as_of} reload={found.reload} />
      </div>
      <FilterForm />
      <Loading of={found}>{(page) => <Found page={page} />}</Loading>
    </>
  );
}

function Found({ page }: { page: Page }): ReactElement {
  const { view, change } = useView();
  if (page.total === 0) return <Nothing isFiltered={hasFilters(view)} clear={() => { change(NO_FILTERS); }} />;
  return (
    <>
      <ArtifactTable items={page.items} caption="Artifacts" naming="all" isSortable />
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

const hasFilters = (view: Filters): boolean =>
  (Object.keys(NO_FILTERS) as (keyof Filters)[]).some((key) => key !== "everyVersion" && view[key] !== "");

function Nothing({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactElement {
  if (!isFiltered) {
    return (
      <p className="aa-empty">
        No artifacts yet: what tasks save with ArtifactClient, @task.artifact or a step is listed here, of the DAGs that
        you may read.
      </p>
    );
  }
  return (
    <div className="aa-empty">
      <p>No artifact matches these filters.</p>
      <button type="button" onClick={clear}>Clear the filters</button>
    </div>
  );
}
