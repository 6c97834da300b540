import { useId, type ReactElement } from "react";
import type { TablePreview } from "../api";
import { formatCount, formatCounted } from "../format";
import { LongText } from "./LongText";

const CELL = 200;

const counted = (shown: number, total: number, one: string): string =>
  shown < total ? `${formatCount(shown)} of ${formatCounted(total, one)}` : formatCounted(total, one);

/** How much of a table is shown, in words. */
export function extentOf({ rows, total_rows, columns, total_columns }: TablePreview): string {
  const ofColumns = counted(columns.length, total_columns, "column");
  if (total_rows === null) return `first ${formatCounted(rows.length, "row")}, ${ofColumns}`;
  const first = rows.length < total_rows ? "first " : "";
  return `${first}${counted(rows.length, total_rows, "row")}, ${ofColumns}`;
}

/** Whether there is more of a table than is shown. */
export const isPart = ({ rows, total_rows, columns, total_columns }: TablePreview): boolean =>
  total_rows === null || rows.length < total_rows || columns.length < total_columns;

function Cell({ text }: { text: string | null | undefined }): ReactElement {
  if (text === null || text === undefined) return <td><span className="aa-hidden">no value</span></td>;
  return <td><LongText text={text} most={CELL} /></td>;
}

/** The first rows and columns of a table, which scroll by themselves. */
export function TableView({ table, caption }: { table: TablePreview; caption: string }): ReactElement {
  const id = useId();
  return (
    <div className="aa-table-view">
      <p id={id} className="aa-preview-caption">
        <b>{caption}</b> {extentOf(table)}
        {table.note ? <span className="aa-preview-note">{` ${table.note}`}</span> : null}
      </p>
      <div className="aa-table-scroll" role="region" aria-labelledby={id} tabIndex={0}>
        <table aria-labelledby={id}>
          <thead>
            <tr>
              {table.columns.map(({ name, type }, at) => (
                <th key={at} scope="col">
                  <LongText text={name} most={CELL} />
                  <span className="aa-column-type"><LongText text={type} most={60} /></span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, at) => (
              <tr key={at}>{table.columns.map((_, column) => <Cell key={column} text={row[column]} />)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
