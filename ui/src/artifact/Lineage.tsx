import type { ReactElement } from "react";
import type { Detail } from "../api";
import { formatCount } from "../format";
import { ArtifactTable } from "../parts/ArtifactTable";
import { Section } from "../parts/Section";
import { ViewLink } from "../parts/ViewLink";
import { formatRef } from "../routing/view";
import { PublicationTable } from "./Publications";

export function ParentsSection({ detail }: { detail: Detail }): ReactElement {
  const { parents, hidden_parents: hidden } = detail;
  return (
    <Section title="Where it comes from">
      {parents.length + hidden === 0 ? <p className="aa-empty">It was made of no other artifact.</p> : null}
      {parents.length > 0 ? (
        <ul className="aa-list">
          {parents.map((parent) => (
            <li key={formatRef(parent)}><ViewLink change={{ artifact: parent }}>{formatRef(parent)}</ViewLink></li>
          ))}
        </ul>
      ) : null}
      <Hidden count={hidden} />
    </Section>
  );
}

export function ChildrenSection({ detail }: { detail: Detail }): ReactElement {
  const { children, hidden_children: hidden, publications } = detail;
  const isNothing = children.length + hidden + publications.length === 0;
  return (
    <Section title="What came of it">
      {isNothing ? <p className="aa-empty">Nothing yet: no artifact was made of it, and no data set refers to it.</p> : null}
      {children.length > 0 ? (
        <>
          <h4>Artifacts</h4>
          <ArtifactTable items={children} caption="Artifacts that were made of it" naming="all" />
        </>
      ) : null}
      <Hidden count={hidden} />
      {publications.length > 0 ? (
        <>
          <h4>Data sets</h4>
          <PublicationTable publications={publications} />
        </>
      ) : null}
    </Section>
  );
}

const Hidden = ({ count }: { count: number }): ReactElement | null =>
  count > 0 ? <p className="aa-note">{`${formatCount(count)} more that you may not see.`}</p> : null;
