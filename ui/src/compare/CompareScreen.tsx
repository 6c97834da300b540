import { useCallback, type ReactElement } from "react";
import { getDetail, type Detail, type VersionRef } from "../api";
import { currentMetadata } from "../artifact/MetadataSection";
import { formatCount, formatTime } from "../format";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { ViewLink } from "../parts/ViewLink";
import { formatRef } from "../routing/view";
import { useLoaded } from "../useLoaded";
import { DifferenceTable } from "./DifferenceTable";
import { differencesOf, type Named } from "./differences";
import { FileComparison } from "./FileComparison";

/** Two versions of an artifact side by side. It is made anew for each pair: give it the pair as its key. */
export function CompareScreen({ item, other }: { item: VersionRef; other: number }): ReactElement {
  const { name, version } = item;
  const load = useCallback(
    (signal: AbortSignal) =>
      Promise.all([getDetail({ name, version: other }, signal), getDetail({ name, version }, signal)]),
    [name, version, other],
  );
  const found = useLoaded(load);
  return (
    <>
      <p><ViewLink change={{ compare: null }}>{`← ${formatRef(item)}`}</ViewLink></p>
      <div className="aa-bar">
        <h2 tabIndex={-1} className="aa-wrap">{`${name}: version ${other} and version ${version}`}</h2>
        <ViewLink className="aa-button" change={{ artifact: { name, version: other }, compare: version }}>Swap sides</ViewLink>
      </div>
      <Loading of={found}>{([left, right]) => <Compared left={left} right={right} />}</Loading>
    </>
  );
}

function Compared({ left, right }: { left: Detail; right: Detail }): ReactElement {
  const labels: [string, string] = [`Version ${left.version}`, `Version ${right.version}`];
  return (
    <>
      <Section title="Facts">
        <DifferenceTable
          differences={differencesOf(factsOf(left), factsOf(right))}
          caption="Facts of both versions"
          head="Fact"
          labels={labels}
        />
      </Section>
      <Section title="Metadata">
        <DifferenceTable
          differences={differencesOf(metadataOf(left, right), metadataOf(right, left))}
          caption="Metadata of both versions"
          head="Key"
          labels={labels}
        />
      </Section>
      <FileComparison left={left} right={right} labels={labels} />
    </>
  );
}

const factsOf = (detail: Detail): Named[] => [
  { name: "Created", value: formatTime(detail.created_at) },
  { name: "Size", value: `${formatCount(detail.size)} bytes` },
  { name: "Kind", value: detail.kind },
  { name: "Media type", value: detail.media_type ?? "none" },
  { name: "Files", value: String(detail.file_count) },
  { name: "Label", value: detail.label ?? "none" },
  { name: "Tags", value: detail.tags.join(", ") || "none" },
  { name: "Run", value: detail.producer?.run_id ?? "none" },
];

/** A text and a number may read alike, so where the types differ they are said. */
function metadataOf(detail: Detail, other: Detail): Named[] {
  const types = new Map(currentMetadata(other).map(({ key, type }) => [key, type]));
  return currentMetadata(detail).map(({ key, type, text, size, is_cut: isCut }) => {
    const isOtherType = types.has(key) && types.get(key) !== type;
    const notes = [isCut ? ` … (${formatCount(size)} characters)` : "", isOtherType ? ` (${type})` : ""];
    return { name: key, value: text + notes.join(""), isCut };
  });
}
