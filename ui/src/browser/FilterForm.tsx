import { useCallback, useId, useRef, useState, type ReactElement } from "react";
import { getFacets, type Facets } from "../api";
import { useView } from "../routing/navigation";
import { NO_FILTERS } from "../routing/view";
import { useLoaded } from "../useLoaded";
import { Chips } from "./Chips";
import { AddedChoiceField, AddedTextField, ChoiceField, DayField, TextField } from "./fields";

const NO_FACETS: Facets = { kinds: [], tags: [], dag_ids: [], task_ids: [], metadata_keys: [] };

/** What the list is narrowed to. Every change is one of the address, but for a condition that is still being typed. */
export function FilterForm(): ReactElement {
  const { view, change } = useView();
  const [condition, setCondition] = useState("");
  // Another one begins when all is cleared, with fields that have forgotten what was typed.
  const [round, setRound] = useState(0);
  const tagField = useRef<HTMLSelectElement>(null);
  const conditionField = useRef<HTMLInputElement>(null);
  const load = useCallback((signal: AbortSignal) => getFacets(signal), []);
  // Without facets there is less to choose from; what keeps them away, the list says as well.
  const facets = useLoaded(load).value ?? NO_FACETS;
  const addCondition = () => {
    if (condition.trim()) change({ meta: [...view.meta, condition.trim()] });
    setCondition("");
  };
  const clear = () => {
    change(NO_FILTERS);
    setCondition("");
    setRound(round + 1);
  };
  return (
    <form role="search" aria-label="Artifacts" className="aa-filters" onSubmit={(event) => { event.preventDefault(); }}>
      <TextField
        key={round}
        label="Name"
        value={view.q}
        onChange={(q) => { change({ q }, true); }}
        hint="part of the name"
      />
      <ChoiceField label="DAG" value={view.dag} options={facets.dag_ids} onChange={(dag) => { change({ dag }); }} />
      <ChoiceField label="Task" value={view.task} options={facets.task_ids} onChange={(task) => { change({ task }); }} />
      <ChoiceField label="Kind" value={view.kind} options={facets.kinds} onChange={(kind) => { change({ kind }); }} />
      <AddedChoiceField
        label="Tag"
        chosen={view.tag}
        options={facets.tags}
        onAdd={(tag) => { change({ tag: [...view.tag, tag] }); }}
        ref={tagField}
      />
      <DayField label="From" value={view.from} onChange={(from) => { change({ from }); }} />
      <DayField label="To" value={view.to} onChange={(to) => { change({ to }); }} />
      <AddedTextField
        label="Metadata"
        value={condition}
        onChange={setCondition}
        onAdd={addCondition}
        hint="key=value"
        title="key, key=value, key!=value, key>number or key<number"
        suggestions={facets.metadata_keys}
        action="Add condition"
        ref={conditionField}
      />
      <LatestOnly />
      <button type="button" onClick={clear}>Clear</button>
      <div className="aa-chosen">
        <Chips noun="tag" values={view.tag} onChange={(tag) => { change({ tag }); }} field={tagField} />
        <Chips noun="condition" values={view.meta} onChange={(meta) => { change({ meta }); }} field={conditionField} />
      </div>
    </form>
  );
}

function LatestOnly(): ReactElement {
  const { view, change } = useView();
  const id = useId();
  return (
    <span className="aa-check">
      <input
        id={id}
        type="checkbox"
        checked={!view.everyVersion}
        onChange={(event) => { change({ everyVersion: !event.target.checked }); }}
      />
      <label htmlFor={id}>latest versions only</label>
    </span>
  );
}
