import type { ReactElement } from "react";
import type { Detail, MetadataValue } from "../api";
import { formatCount } from "../format";
import { Time } from "../parts/Facts";
import { Scroll, Section } from "../parts/Section";
import { FoldingView } from "../previews";

/** The metadata of a version as it is now, and how it came to be. */
export function MetadataSection({ detail }: { detail: Detail }): ReactElement {
  const { metadata_history: history } = detail;
  const now = currentMetadata(detail);
  return (
    <Section title="Metadata">
      {now.length > 0 ? <ValueTable values={now} caption="Metadata now" /> : <p className="aa-empty">It has none.</p>}
      {history.length > 0 ? (
        <details>
          <summary>{`How it came to be (added to ${history.length === 1 ? "once" : `${history.length} times`})`}</summary>
          <h4>As it was saved, <Time iso={detail.created_at} /></h4>
          {detail.metadata_saved.length > 0 ? (
            <ValueTable values={detail.metadata_saved} caption="Metadata as it was saved" />
          ) : (
            <p className="aa-empty">It had none.</p>
          )}
          {history.map((added, index) => (
            <div key={`${added.created_at} ${index}`}>
              <h4>Added <Time iso={added.created_at} /></h4>
              <ValueTable values={added.metadata} caption={`Metadata added ${added.created_at}`} />
            </div>
          ))}
        </details>
      ) : null}
    </Section>
  );
}

/** What was saved and what was added since; the newest value of each key counts. */
export function currentMetadata({ metadata_saved: saved, metadata_history: history }: Detail): MetadataValue[] {
  const values = [...saved, ...history.flatMap(({ metadata }) => metadata)];
  return [...new Map(values.map((value) => [value.key, value])).values()];
}

function ValueTable({ values, caption }: { values: MetadataValue[]; caption: string }): ReactElement {
  return (
    <Scroll label={caption}>
      <table className="aa-table aa-values">
        <caption className="aa-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value) => (
            <tr key={value.key}>
              <th scope="row" className="aa-name">{value.key}</th>
              <td><Value value={value} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const SHORT = 80;

function Value({ value }: { value: MetadataValue }): ReactElement {
  const isNested = value.type === "list" || value.type === "object";
  if (isNested && !value.is_cut && value.text.length > SHORT) return <FoldingView text={value.text} format="json" />;
  return (
    <span className="aa-value">
      {value.text}
      {value.is_cut ? <span className="aa-note">{` … cut, ${formatCount(value.size)} characters in all`}</span> : null}
    </span>
  );
}
