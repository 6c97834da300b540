import type { ReactElement, ReactNode } from "react";
import { archiveUrl, type Detail } from "../api";
import { formatCounted } from "../format";
import { ProducerLink, Size, Time } from "../parts/Facts";

/** What a version is, and who made it. */
export function Header({ detail }: { detail: Detail }): ReactElement {
  return (
    <>
      <dl className="aa-facts">
        <Fact name="Version">{detail.version}</Fact>
        {detail.label ? <Fact name="Label"><span className="aa-badge">{detail.label}</span></Fact> : null}
        <Fact name="Kind">{detail.media_type ? `${detail.kind} (${detail.media_type})` : detail.kind}</Fact>
        <Fact name="Size">
          <Size bytes={detail.size} /> {`in ${formatCounted(detail.file_count, "file")}`}
        </Fact>
        <Fact name="Created"><Time iso={detail.created_at} /></Fact>
        <Fact name="Made by" isWide><ProducerLink producer={detail.producer} /></Fact>
        {detail.step ? <Fact name="Step">{detail.step}</Fact> : null}
        {detail.tags.length > 0 ? <Fact name="Tags"><Tags tags={detail.tags} /></Fact> : null}
        <Fact name="URI" isWide><code className="aa-wrap">{detail.uri}</code></Fact>
        {detail.source ? <Fact name="Kept at" isWide><code className="aa-wrap">{detail.source}</code></Fact> : null}
      </dl>
      {detail.is_served && detail.file_count > 0 ? (
        <p><a className="aa-button" href={archiveUrl(detail)} download>Download all files (zip)</a></p>
      ) : null}
    </>
  );
}

const Fact = ({ name, children, isWide }: { name: string; children: ReactNode; isWide?: boolean }): ReactElement => (
  <div className={isWide ? "aa-wide" : undefined}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Tags = ({ tags }: { tags: string[] }): ReactElement => (
  <>
    {tags.map((tag) => <span key={tag} className="aa-badge">{tag}</span>)}
  </>
);
