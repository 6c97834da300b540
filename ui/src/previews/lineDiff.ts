/** What differs between two texts, line by line, found within bounds. */
import { diffArrays } from "diff";

export interface DiffRow {
  kind: "same" | "removed" | "added";
  /** Numbers of the line on either side, null where it is not there. */
  left: number | null;
  right: number | null;
  text: string;
}

/** Rows that are shown together, or a stretch of unchanged ones. */
export interface Stretch {
  /** Index of the first row. */
  start: number;
  rows: DiffRow[];
  isFolded: boolean;
}

const CONTEXT = 3;
/** Bounds on the search: it takes the square of the lines that differ. */
const MOST_EDITS = 2000;
const MILLISECONDS = 300;

/** A line of each side in order, null where the texts differ too much to find out. */
export function diffRows(left: string, right: string): DiffRow[] | null {
  const bounds = { maxEditLength: MOST_EDITS, timeout: MILLISECONDS };
  const changes = diffArrays(left.split("\n"), right.split("\n"), bounds);
  if (!changes) return null;
  const rows: DiffRow[] = [];
  let [leftLine, rightLine] = [0, 0];
  for (const { value, added, removed } of changes) {
    const kind = added ? "added" : removed ? "removed" : "same";
    for (const text of value) {
      if (!added) leftLine += 1;
      if (!removed) rightLine += 1;
      rows.push({ kind, left: added ? null : leftLine, right: removed ? null : rightLine, text });
    }
  }
  return rows;
}

/** Rows in stretches; long ones without a change are folded but for some lines beside the changes. */
export function stretchesOf(rows: DiffRow[]): Stretch[] {
  const isNear = new Uint8Array(rows.length);
  rows.forEach(({ kind }, at) => {
    if (kind !== "same") isNear.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  });
  const stretches: Stretch[] = [];
  for (let start = 0; start < rows.length; ) {
    let end = start;
    while (end < rows.length && isNear[end] === isNear[start]) end += 1;
    stretches.push({ start, rows: rows.slice(start, end), isFolded: !isNear[start] && end - start > 1 });
    start = end;
  }
  return stretches;
}
