import { useCallback, useState, type ReactElement } from "react";
import { getSeries, type Series, type VersionRef } from "../api";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { useLoaded } from "../useLoaded";
import { Chart } from "./Chart";
import { SeriesTable } from "./SeriesTable";

const MOST_KEYS = 30;

/** How the numbers of the metadata went, from version to version. */
export function SeriesSection({ item }: { item: VersionRef }): ReactElement {
  const { name } = item;
  const load = useCallback((signal: AbortSignal) => getSeries(name, signal), [name]);
  const found = useLoaded(load);
  return (
    <Section title="Numbers over versions">
      <Loading of={found}>{(series) => <Charts series={series} item={item} />}</Loading>
    </Section>
  );
}

function Charts({ series, item }: { series: Series; item: VersionRef }): ReactElement {
  const keys = Object.keys(series.series).slice(0, MOST_KEYS);
  const [chosen, setChosen] = useState<string[]>(keys.slice(0, 2));
  const versions = series.versions.map(({ version }) => version);
  if (keys.length === 0) return <p className="aa-empty">No numbers in the metadata of any version.</p>;
  const shown = keys.filter((key) => chosen.includes(key));
  return (
    <>
      <Keys keys={keys} chosen={chosen} onChoose={setChosen} />
      <div className="aa-charts">
        {shown.map((key) => (
          <figure key={key}>
            <figcaption>{key}</figcaption>
            <Chart name={item.name} metadataKey={key} versions={versions} values={series.series[key] ?? []} current={item.version} />
          </figure>
        ))}
      </div>
      <SeriesTable name={item.name} versions={series.versions} keys={shown} series={series.series} />
    </>
  );
}

interface KeysProps {
  keys: string[];
  chosen: string[];
  onChoose: (chosen: string[]) => void;
}

const Keys = ({ keys, chosen, onChoose }: KeysProps): ReactElement => (
  <fieldset className="aa-keys">
    <legend>Keys to show</legend>
    {keys.map((key) => (
      <label key={key} className="aa-check">
        <input
          type="checkbox"
          checked={chosen.includes(key)}
          onChange={(event) => {
            onChoose(event.target.checked ? [...chosen, key] : chosen.filter((other) => other !== key));
          }}
        />
        {key}
      </label>
    ))}
  </fieldset>
);
