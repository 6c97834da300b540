import { useCallback, type ReactElement } from "react";
import { findArtifacts } from "../api";
import { AsOf } from "../parts/AsOf";
import { Loading } from "../parts/Loading";
import { PagedArtifacts } from "../parts/PagedArtifacts";
import { useView } from "../routing/navigation";
import { NO_FILTERS, listQuery, type Filters } from "../routing/view";
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
      <Loading of={found}>
        {(page) => (page.total === 0 ? <Nothing /> : <PagedArtifacts page={page} caption="Artifacts" naming="all" />)}
      </Loading>
    </>
  );
}

const hasFilters = (view: Filters): boolean =>
  (Object.keys(NO_FILTERS) as (keyof Filters)[]).some((key) => key !== "everyVersion" && view[key].length > 0);

function Nothing(): ReactElement {
  const { view, change } = useView();
  if (!hasFilters(view)) {
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
      <button type="button" onClick={() => { change(NO_FILTERS); }}>Clear the filters</button>
    </div>
  );
}
