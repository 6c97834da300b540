import { useState, type ReactElement } from "react";
import { formatCounted } from "../format";
import { Scroll } from "../parts/Section";
import type { Change, Difference } from "./differences";

interface Props {
  differences: Difference[];
  caption: string;
  /** What the rows are, such as "key". */
  head: string;
  labels: [string, string];
}

/** What differs, marked in words; what is the same on demand. */
export function DifferenceTable({ differences, caption, head, labels }: Props): ReactElement {
  const [isAll, setIsAll] = useState(false);
  const different = differences.filter(({ change }) => change !== "same");
  const same = differences.length - different.length;
  const shown = isAll ? differences : different;
  const thing = head.toLowerCase();
  return (
    <>
      {different.length === 0 ? <p>{same > 0 ? `All the same (${same}).` : "Neither has any."}</p> : null}
      {shown.length > 0 ? <Rows {...{ caption, head, labels }} differences={shown} /> : null}
      {same > 0 ? (
        <button type="button" aria-pressed={isAll} onClick={() => { setIsAll(!isAll); }}>
          {`${isAll ? "Hide" : "Show"} ${formatCounted(same, `${thing} that is the same`, `${thing}s that are the same`)}`}
        </button>
      ) : null}
    </>
  );
}

const Rows = ({ differences, caption, head, labels }: Props): ReactElement => (
  <Scroll label={caption}>
    <table className="aa-table">
      <caption className="aa-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">Difference</th>
          <th scope="col">{labels[0]}</th>
          <th scope="col">{labels[1]}</th>
        </tr>
      </thead>
      <tbody>
        {differences.map(({ name, change, left, right }) => (
          <tr key={name}>
            <th scope="row" className="aa-name">{name}</th>
            <td><ChangeMark change={change} /></td>
            <td><span className="aa-value">{left}</span></td>
            <td><span className="aa-value">{right}</span></td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const MARKS: Partial<Record<Change, string>> = {
  added: "aa-badge aa-success",
  removed: "aa-badge aa-danger",
  changed: "aa-badge aa-warning",
};

const ChangeMark = ({ change }: { change: Change }): ReactElement => <span className={MARKS[change]}>{change}</span>;
