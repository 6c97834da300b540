import { useMemo, useState, type ReactElement } from "react";
import { formatCounted } from "../format";
import { diffRows, stretchesOf, type DiffRow } from "./lineDiff";
import { LongText } from "./LongText";
import { ShowMore, useMore } from "./ShowMore";

const MARKS = { same: " ", removed: "-", added: "+" };
const WORDS = { same: "", removed: "removed", added: "added" };

/** A carriage return, which nobody would see, is made visible. */
const visible = (text: string): string => (text.endsWith("\r") ? `${text.slice(0, -1)}␍` : text);

const Row = ({ row }: { row: DiffRow }): ReactElement => (
  <tr className={`aa-diff-${row.kind}`}>
    <td className="aa-diff-number">{row.left}</td>
    <td className="aa-diff-number">{row.right}</td>
    <td className="aa-diff-mark">
      <span aria-hidden="true">{MARKS[row.kind]}</span>
      <span className="aa-hidden">{WORDS[row.kind]}</span>
    </td>
    <td className="aa-diff-text"><LongText text={visible(row.text)} /></td>
  </tr>
);

function Unfold({ count, onClick }: { count: number; onClick: () => void }): ReactElement {
  return (
    <tr className="aa-diff-fold">
      <td colSpan={4}>
        <button type="button" className="aa-preview-inline" onClick={onClick}>
          {`Show ${formatCounted(count, "unchanged line")}`}
        </button>
      </td>
    </tr>
  );
}

type Entry = { key: string } & ({ row: DiffRow } | { count: number; onClick: () => void });

function Rows({ rows, text, label }: { rows: DiffRow[]; text: string; label: string }): ReactElement {
  const stretches = useMemo(() => stretchesOf(rows), [rows]);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const more = useMore(text);
  const entries = stretches.flatMap<Entry>(({ start, rows: some, isFolded }) => {
    if (!isFolded || opened.has(start)) return some.map((row, at) => ({ key: `${start + at}`, row }));
    return [{ key: `fold ${start}`, count: some.length, onClick: () => setOpened(new Set(opened).add(start)) }];
  });
  return (
    <>
      <div className="aa-diff-scroll" role="region" aria-label={label} tabIndex={0}>
        <table className="aa-diff" aria-label={label}>
          <tbody>
            {entries.slice(0, more.limit).map((entry) =>
              "row" in entry ? (
                <Row key={entry.key} row={entry.row} />
              ) : (
                <Unfold key={entry.key} count={entry.count} onClick={entry.onClick} />
              ),
            )}
          </tbody>
        </table>
      </div>
      {entries.length > more.limit ? <ShowMore what="lines" onMore={more.onMore} /> : null}
    </>
  );
}

/** What differs between two texts, line by line. */
export function TextDiff({ left, right, labels }: { left: string; right: string; labels: [string, string] }): ReactElement {
  const rows = useMemo(() => (left === right ? [] : diffRows(left, right)), [left, right]);
  const label = `Differences between ${labels[0]} and ${labels[1]}`;
  if (left === right) return <p className="aa-preview-note">The texts are the same.</p>;
  if (!rows) {
    const counts = [left, right].map((text) => formatCounted(text.split("\n").length, "line"));
    const said = `${labels[0]} has ${counts[0]}, ${labels[1]} has ${counts[1]}.`;
    return <p className="aa-preview-note">{`The texts differ too much to be compared line by line: ${said}`}</p>;
  }
  const count = (kind: DiffRow["kind"]) => rows.filter((row) => row.kind === kind).length;
  return (
    <div className="aa-diff-view">
      <p className="aa-preview-caption">
        {`- ${labels[0]}: ${formatCounted(count("removed"), "line")} removed; `}
        {`+ ${labels[1]}: ${formatCounted(count("added"), "line")} added`}
      </p>
      <Rows key={label} rows={rows} text={left + right} label={label} />
    </div>
  );
}
