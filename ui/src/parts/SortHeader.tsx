import type { ReactElement } from "react";

interface Props {
  field: string;
  title: string;
  /** What the list is sorted by, with `-` before it if the greatest is first. */
  sort: string;
  onSort: (sort: string) => void;
  className?: string;
}

/** The head of a column by which the server can sort. */
export function SortHeader({ field, title, sort, onSort, className }: Props): ReactElement {
  const isDown = sort === `-${field}`;
  const isUp = sort === field;
  const direction = isDown ? "descending" : isUp ? "ascending" : undefined;
  const isGreatestFirst = isUp || (!isDown && field !== "name" && field !== "kind");
  return (
    <th scope="col" aria-sort={direction} className={className}>
      <button type="button" className="aa-sort" onClick={() => { onSort(isGreatestFirst ? `-${field}` : field); }}>
        {title}
        <span aria-hidden="true">{isDown ? " ↓" : isUp ? " ↑" : " ↕"}</span>
      </button>
    </th>
  );
}
