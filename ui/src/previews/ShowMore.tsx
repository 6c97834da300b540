import { useState, type ReactElement } from "react";
import { formatCount } from "../format";

/** How many lines a page gets at once: more would make it slow. */
export const LINES = 2000;

/** How many lines are shown of a text; another text starts anew. */
export function useMore(text: string): { limit: number; onMore: () => void } {
  const [shown, setShown] = useState({ text, limit: LINES });
  const limit = shown.text === text ? shown.limit : LINES;
  return { limit, onMore: () => setShown({ text, limit: limit + LINES }) };
}

export const ShowMore = ({ what, onMore }: { what: string; onMore: () => void }): ReactElement => (
  <button type="button" className="aa-preview-more" onClick={onMore}>{`Show ${formatCount(LINES)} more ${what}`}</button>
);
