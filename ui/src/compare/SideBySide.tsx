import type { ReactElement } from "react";
import { fileUrl, type Detail, type Preview } from "../api";
import { PreviewView } from "../previews";
import { isText, type FilePair } from "./files";
import { differencesOf } from "./differences";
import { DifferenceTable } from "./DifferenceTable";

interface Props {
  left: Detail;
  right: Detail;
  labels: [string, string];
  pair: FilePair;
  previews: [Preview, Preview];
}

/** Both files, one beside the other where there is room. */
export function SideBySide({ left, right, labels, pair, previews }: Props): ReactElement | null {
  const [one, other] = previews;
  if (isText(one) && isText(other)) return null;
  if (one.type === "facts" && other.type === "facts") {
    const [before, after] = [one.facts, other.facts];
    return <DifferenceTable differences={differencesOf(before, after)} caption="Facts of both files" head="Fact" labels={labels} />;
  }
  return (
    <div className="aa-sides">
      <Side detail={left} label={labels[0]} file={pair.left} preview={one} />
      <Side detail={right} label={labels[1]} file={pair.right} preview={other} />
    </div>
  );
}

interface SideProps {
  detail: Detail;
  label: string;
  file: FilePair["left"];
  preview: Preview;
}

const Side = ({ detail, label, file, preview }: SideProps): ReactElement => (
  <div>
    <h4>{label}</h4>
    {preview.type === "image" ? (
      <img src={fileUrl(detail, file.path, true)} alt={`${file.path} of ${label.toLowerCase()}`} className="aa-image" />
    ) : (
      <PreviewView item={detail} file={file} preview={preview} />
    )}
  </div>
);
