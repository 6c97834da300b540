import { useState, type ReactElement } from "react";
import type { Series } from "../api";
import { formatCount, formatNumber } from "../format";
import { Time } from "../parts/Facts";
import { Scroll } from "../parts/Section";
import { ViewLink } from "../parts/ViewLink";

interface Props {
  name: string;
  versions: Series["versions"];
  keys: string[];
  series: Series["series"];
}

const MOST_ROWS = 200;

/** The numbers of the charts, the newest first; rows are made once it is opened. */
export function SeriesTable({ name, versions, keys, series }: Props): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  const rows = versions.map((version, index) => ({ ...version, index })).toReversed().slice(0, MOST_ROWS);
  const caption = versions.length > MOST_ROWS ? `The newest ${MOST_ROWS} of ${formatCount(versions.length)} versions` : "Numbers of all versions";
  return (
    <details onToggle={(event) => { setIsOpen(event.currentTarget.open); }}>
      <summary>The numbers as a table</summary>
      {isOpen ? (
        <Scroll label={caption}>
          <table className="aa-table">
            <caption>{caption}</caption>
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Created</th>
                {keys.map((key) => <th key={key} scope="col" className="aa-right">{key}</th>)}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ version, created_at, index }) => (
                <tr key={version}>
                  <th scope="row"><ViewLink change={{ artifact: { name, version } }}>{version}</ViewLink></th>
                  <td className="aa-nowrap"><Time iso={created_at} /></td>
                  {keys.map((key) => <td key={key} className="aa-right">{cell(series[key]?.[index])}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : null}
    </details>
  );
}

const cell = (value: number | null | undefined): string => (value === null || value === undefined ? "" : formatNumber(value));
