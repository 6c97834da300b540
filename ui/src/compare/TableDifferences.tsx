import type { ReactElement } from "react";
import type { TablePreview } from "../api";
import { formatCount } from "../format";
import { DifferenceTable } from "./DifferenceTable";
import { differencesOf, type Named } from "./differences";

/** Columns and numbers of rows of two tables. */
export function TableDifferences({ left, right, labels }: { left: TablePreview; right: TablePreview; labels: [string, string] }): ReactElement {
  const isCut = left.total_columns > left.columns.length || right.total_columns > right.columns.length;
  return (
    <>
      <h4>Counts</h4>
      <DifferenceTable differences={differencesOf(countsOf(left), countsOf(right))} caption="Counts of both tables" head="Count" labels={labels} />
      <h4>Columns</h4>
      {isCut ? <p className="aa-note">Only the first columns are compared: there are many.</p> : null}
      <DifferenceTable differences={differencesOf(columnsOf(left), columnsOf(right))} caption="Columns of both tables" head="Column" labels={labels} />
    </>
  );
}

const countsOf = (table: TablePreview): Named[] => [
  { name: "Rows", value: table.total_rows === null ? "not counted" : formatCount(table.total_rows) },
  { name: "Columns", value: formatCount(table.total_columns) },
];

const columnsOf = (table: TablePreview): Named[] => table.columns.map(({ name, type }) => ({ name, value: type }));
