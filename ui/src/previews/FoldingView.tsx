import { useMemo, useState, type CSSProperties, type ReactElement } from "react";
import { formatCounted } from "../format";
import { jsonLines } from "./jsonLines";
import { startsFolded, visibleLines, type Folding, type Line } from "./lines";
import { LongText } from "./LongText";
import { ShowMore, useMore } from "./ShowMore";
import { yamlLines } from "./yamlLines";

const DEEPEST_INDENT = 20;

interface LineProps {
  line: Line;
  isFolded: boolean;
  onToggle: () => void;
}

function FoldButton({ line, isFolded, onToggle }: LineProps): ReactElement {
  const label = `${line.key}${line.text}`.slice(0, 40).trim() || "lines";
  return (
    <button type="button" className="aa-fold-button" aria-expanded={!isFolded} aria-label={label} onClick={onToggle}>
      {isFolded ? "▸" : "▾"}
    </button>
  );
}

function LineView({ line, isFolded, onToggle }: LineProps): ReactElement {
  const indent: CSSProperties = { paddingInlineStart: `${Math.min(line.depth, DEEPEST_INDENT) * 2}ch` };
  return (
    <div className="aa-fold-line" style={indent}>
      {line.children > 0 ? <FoldButton line={line} isFolded={isFolded} onToggle={onToggle} /> : null}
      {line.depth > DEEPEST_INDENT ? <span className="aa-preview-note">{`depth ${line.depth} `}</span> : null}
      {line.key ? <span className="aa-hl-name"><LongText text={line.key} /></span> : null}
      <span className={`aa-hl-${line.kind}`}><LongText text={line.text} /></span>
      {line.tail}
      {isFolded ? (
        <>
          <span className="aa-preview-note">{` … ${formatCounted(line.children, "item")} `}</span>
          {line.closing}
        </>
      ) : null}
    </div>
  );
}

/** JSON or YAML, line by line as it is written, whose deeper parts fold. */
export function FoldingView({ text, format }: { text: string; format: "json" | "yaml" }): ReactElement {
  const lines = useMemo(() => (format === "json" ? jsonLines(text) : yamlLines(text)), [text, format]);
  const [folding, setFolding] = useState<Folding>("some");
  const [touched, setTouched] = useState<ReadonlyMap<number, boolean>>(new Map());
  const more = useMore(text);
  const isFolded = (line: Line, index: number) => touched.get(index) ?? startsFolded(line, index, folding);
  const { indices, hasMore } = visibleLines(lines, isFolded, more.limit);
  const foldAll = (next: Folding) => {
    setFolding(next);
    setTouched(new Map());
  };
  return (
    <div className="aa-fold">
      <div className="aa-preview-bar">
        <button type="button" onClick={() => foldAll("all")}>Fold all</button>
        <button type="button" onClick={() => foldAll("none")}>Unfold all</button>
      </div>
      <div className="aa-fold-lines" role="region" aria-label={`Content, ${format.toUpperCase()}`} tabIndex={0}>
        {indices.map((index) => {
          const line = lines[index];
          if (!line) return null;
          const folded = isFolded(line, index);
          const onToggle = () => setTouched(new Map(touched).set(index, !folded));
          return <LineView key={index} line={line} isFolded={folded} onToggle={onToggle} />;
        })}
      </div>
      {hasMore ? <ShowMore what="lines" onMore={more.onMore} /> : null}
    </div>
  );
}
