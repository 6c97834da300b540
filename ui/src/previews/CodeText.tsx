import { useMemo, type ReactElement } from "react";
import { highlight } from "./highlighting";

/** Code in colours, as children of a `<code>`. */
export function CodeText({ text, language }: { text: string; language: string | null }): ReactElement {
  const pieces = useMemo(() => highlight(text, language), [text, language]);
  return <>{pieces.map(({ kind, text: piece }, at) => (kind ? <span key={at} className={`aa-hl-${kind}`}>{piece}</span> : piece))}</>;
}
