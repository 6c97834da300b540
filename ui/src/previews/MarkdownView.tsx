import { useMemo, type ReactElement } from "react";
import { formatSize } from "../format";
import { markdownElements } from "./markdownElements";

/** Characters that are rendered: the parser takes the square of what a hostile text repeats. */
export const MOST_MARKDOWN = 64 * 1024;

/** Where a text of at most so many characters may end: with a line if possible. */
function beginningOf(text: string): string {
  if (text.length <= MOST_MARKDOWN) return text;
  const end = text.lastIndexOf("\n", MOST_MARKDOWN);
  return text.slice(0, end > 0 ? end : MOST_MARKDOWN);
}

/** A document; its HTML is text, its images are text, its links lead to the web or to mail. */
export function MarkdownView({ text }: { text: string }): ReactElement {
  const beginning = beginningOf(text);
  const { elements, isCut } = useMemo(() => markdownElements(beginning), [beginning]);
  const isPart = isCut || beginning.length < text.length;
  return (
    <>
      <div className="aa-markdown">{elements}</div>
      {isPart ? (
        <p className="aa-preview-cut">
          {isCut ? "This is only the beginning: the document has too many parts. " : ""}
          {beginning.length < text.length ? `Only the first ${formatSize(beginning.length)} are formatted. ` : ""}
          Show it as text to see more.
        </p>
      ) : null}
    </>
  );
}
