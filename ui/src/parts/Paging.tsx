import type { ReactElement } from "react";
import { formatCount } from "../format";

interface Props {
  total: number;
  size: number;
  /** From 1. */
  page: number;
  onPage: (page: number) => void;
  /** What the pages are of. */
  label: string;
}

export function Paging({ total, size, page, onPage, label }: Props): ReactElement | null {
  if (total <= size && page === 1) return total > 1 ? <p className="aa-note">{formatCount(total)} in all</p> : null;
  const first = (page - 1) * size + 1;
  const last = Math.min(page * size, total);
  const range = first > total ? "none" : `${formatCount(first)} to ${formatCount(last)}`;
  return (
    <nav className="aa-bar" aria-label={`Pages of ${label}`}>
      <button type="button" disabled={page <= 1} onClick={() => { onPage(page - 1); }}>Previous</button>
      <span role="status">{`${range} of ${formatCount(total)}`}</span>
      <button type="button" disabled={last >= total} onClick={() => { onPage(page + 1); }}>Next</button>
    </nav>
  );
}
