import { useState, type ReactElement } from "react";
import { formatCount } from "../format";

/** A text whose end is hidden if it is long, with a button that shows it. */
export function LongText({ text, most = 500 }: { text: string; most?: number }): ReactElement {
  const [isWhole, setWhole] = useState(false);
  // A little more than the limit is not worth a button.
  if (text.length <= most * 1.2) return <>{text}</>;
  return (
    <>
      {isWhole ? text : `${text.slice(0, most)}… `}
      <button type="button" className="aa-preview-inline" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
        {isWhole ? "less" : `all ${formatCount(text.length)} characters`}
      </button>
    </>
  );
}
