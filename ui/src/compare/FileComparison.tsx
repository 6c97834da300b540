import { useCallback, useId, type ReactElement } from "react";
import { getPreview, type Detail, type Preview } from "../api";
import { LoadedPreview } from "../artifact/FilesSection";
import { formatCounted } from "../format";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { TextDiff } from "../previews";
import { useView } from "../routing/navigation";
import { useLoaded } from "../useLoaded";
import { isTable, isText, pairsOf, type FilePair } from "./files";
import { SideBySide } from "./SideBySide";
import { TableDifferences } from "./TableDifferences";

interface Props {
  left: Detail;
  right: Detail;
  labels: [string, string];
}

/** A file that both versions have. */
export function FileComparison({ left, right, labels }: Props): ReactElement {
  const { view } = useView();
  const pairs = pairsOf(left.files, right.files);
  const pair = pairs.find(({ path }) => path === view.file) ?? pairs[0];
  const unpaired = left.files.length + right.files.length - 2 * pairs.length;
  return (
    <Section title="Files">
      {pairs.length > 1 && pair ? <FileChoice pairs={pairs} chosen={pair.path} /> : null}
      {unpaired > 0 ? <p className="aa-note">{`${formatCounted(unpaired, "file is", "files are")} in one of the versions only.`}</p> : null}
      {pair ? <Pair key={pair.path} {...{ left, right, labels, pair }} /> : <p className="aa-empty">They have no file in common.</p>}
    </Section>
  );
}

function FileChoice({ pairs, chosen }: { pairs: FilePair[]; chosen: string }): ReactElement {
  const { change } = useView();
  const id = useId();
  return (
    <p className="aa-bar">
      <label htmlFor={id}>File</label>
      <select id={id} value={chosen} onChange={(event) => { change({ file: event.target.value }); }}>
        {pairs.map(({ path, left, right }) => (
          <option key={path} value={path}>{left.sha256 === right.sha256 ? `${path} (the same)` : path}</option>
        ))}
      </select>
    </p>
  );
}

function Pair({ left, right, labels, pair }: Props & { pair: FilePair }): ReactElement {
  if (!left.is_served || !right.is_served) {
    return <p className="aa-empty">The files of one of them are kept where this server may not read.</p>;
  }
  if (pair.left.sha256 === pair.right.sha256) {
    return (
      <>
        <p>{`${pair.path} is the same in both.`}</p>
        <LoadedPreview detail={right} file={pair.right} />
      </>
    );
  }
  return <DifferentFiles {...{ left, right, labels, pair }} />;
}

function DifferentFiles({ left, right, labels, pair }: Props & { pair: FilePair }): ReactElement {
  const load = useCallback(
    (signal: AbortSignal) =>
      Promise.all([getPreview(left, pair.left.path, signal), getPreview(right, pair.right.path, signal)]),
    [left, right, pair.left.path, pair.right.path],
  );
  const found = useLoaded(load);
  return (
    <Loading of={found}>
      {([one, other]) => (
        <>
          <Differences left={one} right={other} labels={labels} />
          <SideBySide {...{ left, right, labels, pair }} previews={[one, other]} />
        </>
      )}
    </Loading>
  );
}

/** What can be said of the difference, beside showing both. */
function Differences({ left, right, labels }: { left: Preview; right: Preview; labels: [string, string] }): ReactElement | null {
  if (isTable(left) && isTable(right)) return <TableDifferences left={left} right={right} labels={labels} />;
  if (!isText(left) || !isText(right)) return null;
  return (
    <>
      {left.is_cut || right.is_cut ? <p className="aa-note">Only the beginnings are compared: the files are long.</p> : null}
      <TextDiff left={left.text} right={right.text} labels={labels} />
    </>
  );
}
