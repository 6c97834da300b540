import { useState, type ReactElement } from "react";
import type { FactsPreview, Preview, TextPreview } from "../api";
import { Cut, Download, type Source } from "./Cut";
import { FoldingView } from "./FoldingView";
import { MarkdownView } from "./MarkdownView";
import { MediaView } from "./MediaView";
import { isPart, TableView } from "./TableView";
import { CutText, TextView } from "./TextView";

const FactsView = ({ facts }: FactsPreview): ReactElement => (
  <dl className="aa-preview-facts">
    {facts.map(({ name, value }, at) => (
      <div key={at}><dt>{name}</dt><dd>{value}</dd></div>
    ))}
  </dl>
);

/** A text in a form that is easier to read, with a way to see it as it is. */
function FormedText({ file, preview }: { file: Source["file"]; preview: TextPreview }): ReactElement {
  const [isPlain, setPlain] = useState(false);
  const { type, text } = preview;
  if (type === "text" || type === "code") return <TextView file={file} preview={preview} />;
  const formed = type === "markdown" ? <MarkdownView text={text} /> : <FoldingView text={text} format={type} />;
  return (
    <>
      <div className="aa-preview-bar">
        <label>
          <input type="checkbox" checked={isPlain} onChange={() => setPlain(!isPlain)} />
          {" Show as text"}
        </label>
      </div>
      {isPlain ? <TextView file={file} preview={preview} /> : formed}
    </>
  );
}

function Content({ item, file, preview }: Source & { preview: Preview }): ReactElement {
  switch (preview.type) {
    case "table":
      return (
        <>
          <TableView table={preview} caption={file.path} />
          {isPart(preview) ? <Cut item={item} file={file}>This is a part of the table.</Cut> : null}
        </>
      );
    case "facts":
      return <FactsView {...preview} />;
    case "none":
      return <p>{preview.reason} <Download item={item} file={file} /></p>;
    case "image":
    case "audio":
    case "video":
    case "pdf":
    case "html":
      return <MediaView item={item} file={file} type={preview.type} />;
    default:
      return (
        <>
          <CutText item={item} file={file} preview={preview} />
          <FormedText file={file} preview={preview} />
        </>
      );
  }
}

/** A file of a version, as its preview shows it. Another file starts anew: nothing stays folded or broken. */
export function PreviewView({ item, file, preview }: Source & { preview: Preview }): ReactElement {
  return (
    <div className="aa-preview" key={`${item.name}@${item.version}/${file.path}`}>
      <Content item={item} file={file} preview={preview} />
    </div>
  );
}
