import { useState, type ReactElement } from "react";
import type { TextPreview } from "../api";
import { formatCounted, formatSize } from "../format";
import { CodeText } from "./CodeText";
import { Cut, type Source } from "./Cut";
import { MOST_CODE } from "./highlighting";

const countLines = (text: string): number => {
  let count = text === "" || text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
};

/** Says how much of a file is shown, if it is not all. */
export function CutText({ item, file, preview }: Source & { preview: TextPreview }): ReactElement | null {
  if (!preview.is_cut) return null;
  const shown = formatSize(new TextEncoder().encode(preview.text).length);
  return <Cut item={item} file={file}>{`The first ${shown} of ${formatSize(preview.size)} are shown.`}</Cut>;
}

/** A text as it is, in colours if it is code in a known language. */
export function TextView({ file, preview }: { file: Source["file"]; preview: TextPreview }): ReactElement {
  const [isWrapped, setWrapped] = useState(true);
  const { text, type, language } = preview;
  const isTooLong = type === "code" && text.length > MOST_CODE;
  return (
    <>
      <div className="aa-preview-bar">
        <label>
          <input type="checkbox" checked={isWrapped} onChange={() => setWrapped(!isWrapped)} />
          {" Wrap lines"}
        </label>
        <span className="aa-preview-note">
          {`${formatCounted(countLines(text), "line")}${preview.is_cut ? " shown" : ""}`}
          {isTooLong ? ", too long for colours" : ""}
        </span>
      </div>
      <div className="aa-text-scroll" role="region" aria-label={`Content of ${file.path}`} tabIndex={0}>
        <pre className={isWrapped ? "aa-text aa-wrapped" : "aa-text"}>
          <code>{type === "code" ? <CodeText text={text} language={language} /> : text}</code>
        </pre>
      </div>
    </>
  );
}
