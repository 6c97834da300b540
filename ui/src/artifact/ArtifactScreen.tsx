import { useCallback, type ReactElement } from "react";
import { getDetail, type Detail, type VersionRef } from "../api";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { ViewLink } from "../parts/ViewLink";
import { useView } from "../routing/navigation";
import { formatRef } from "../routing/view";
import { useLoaded } from "../useLoaded";
import { FilesSection } from "./FilesSection";
import { Header } from "./Header";
import { ChildrenSection, ParentsSection } from "./Lineage";
import { MetadataSection } from "./MetadataSection";
import { SeriesSection } from "./SeriesSection";
import { VersionsSection } from "./VersionsSection";

/** A version of an artifact. It is made anew for each: give it the ref as its key. */
export function ArtifactScreen({ item }: { item: VersionRef }): ReactElement {
  const { name, version } = item;
  const load = useCallback((signal: AbortSignal) => getDetail({ name, version }, signal), [name, version]);
  const found = useLoaded(load);
  return (
    <>
      <BackToList />
      <h2 tabIndex={-1} className="aa-wrap">{formatRef(item)}</h2>
      <Loading of={found}>{(detail) => <Parts detail={detail} />}</Loading>
    </>
  );
}

function Parts({ detail }: { detail: Detail }): ReactElement {
  const { view } = useView();
  return (
    <>
      <Header detail={detail} />
      <FilesSection detail={detail} chosen={view.file} />
      <MetadataSection detail={detail} />
      <VersionsSection item={detail} />
      <SeriesSection item={detail} />
      <ParentsSection detail={detail} />
      <ChildrenSection detail={detail} />
    </>
  );
}

export const BackToList = (): ReactElement => (
  <p><ViewLink change={{ artifact: null }}>← Back to the list</ViewLink></p>
);

/** For an address that was not copied as a whole. */
export const NoSuchAddress = (): ReactElement => (
  <Section title="No such artifact">
    <p className="aa-error" role="alert">The address names no version of an artifact: it ends in @ and a number.</p>
    <BackToList />
  </Section>
);
