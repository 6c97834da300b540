import { useCallback, useId, useState, type ReactElement } from "react";
import { firstRows, type Producer, type RowsItem } from "../api";
import { formatCount } from "../format";
import { ProducerLink, Size, type Naming } from "../parts/Facts";
import { Loading } from "../parts/Loading";
import { Scroll } from "../parts/Section";
import { TableView } from "../previews";
import { useLoaded } from "../useLoaded";

const HEADS = ["Step", "Made by", "Rows", "Size", "Columns"];
const MOST_COLUMNS = 12;

export function RowsTable({ items, naming }: { items: RowsItem[]; naming: Naming }): ReactElement {
  return (
    <Scroll label="Rows of steps">
      <table className="aa-table">
        <caption className="aa-hidden">Rows of steps</caption>
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col" className={head === "Rows" || head === "Size" ? "aa-right" : undefined}>{head}</th>
            ))}
            <th scope="col"><span className="aa-hidden">First rows</span></th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <RowsRow key={keyOf(item.producer)} item={item} naming={naming} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const keyOf = ({ dag_id, run_id, task_id, map_index, attempt }: Producer): string =>
  JSON.stringify([dag_id, run_id, task_id, map_index, attempt]);

function RowsRow({ item, naming }: { item: RowsItem; naming: Naming }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  return (
    <>
      <tr>
        <th scope="row">{item.step}</th>
        <td><ProducerLink producer={item.producer} naming={naming} /></td>
        <td className="aa-right">{formatCount(item.count)}</td>
        <td className="aa-right aa-nowrap"><Size bytes={item.size} /></td>
        <td><Columns item={item} /></td>
        <td>
          <button type="button" aria-expanded={isOpen} aria-controls={id} onClick={() => { setIsOpen(!isOpen); }}>
            {isOpen ? "Hide first rows" : "Show first rows"}
          </button>
        </td>
      </tr>
      <tr id={id} hidden={!isOpen}>
        {isOpen ? <td colSpan={HEADS.length + 1}><FirstRows item={item} /></td> : null}
      </tr>
    </>
  );
}

/** Names of the columns; of one that only some rows have, in how many it is. */
function Columns({ item }: { item: RowsItem }): ReactElement {
  const { columns, count, total_columns: total } = item;
  const texts = columns
    .slice(0, MOST_COLUMNS)
    .map(({ name, rows }) => (rows === count ? name : `${name} (in ${formatCount(rows)})`));
  if (total > texts.length) texts.push(`and ${formatCount(total - texts.length)} more`);
  return <span className="aa-wrap">{texts.join(", ")}</span>;
}

function FirstRows({ item }: { item: RowsItem }): ReactElement {
  const load = useCallback((signal: AbortSignal) => firstRows(item.producer, signal), [item.producer]);
  const found = useLoaded(load);
  return (
    <Loading of={found}>
      {(rows) => rows.type === "none" ? <p>{rows.reason}</p> : <TableView table={rows} caption={`First rows of ${item.step}`} />}
    </Loading>
  );
}
