import { useCallback, useState, type ReactElement } from "react";
import { findArtifacts, type Item, type VersionRef } from "../api";
import { Size, Time, Try, Version } from "../parts/Facts";
import { Loading } from "../parts/Loading";
import { Paging } from "../parts/Paging";
import { Scroll, Section } from "../parts/Section";
import { ViewLink } from "../parts/ViewLink";
import { useLoaded } from "../useLoaded";
import { CompareForm } from "./CompareForm";

const SIZE = 10;

/** All versions of the name, the newest first. */
export function VersionsSection({ item }: { item: VersionRef }): ReactElement {
  const { name } = item;
  const [page, setPage] = useState(1);
  const load = useCallback(
    (signal: AbortSignal) => findArtifacts({ name, sort: "-version", limit: SIZE, offset: (page - 1) * SIZE }, signal),
    [name, page],
  );
  const found = useLoaded(load);
  return (
    <Section title="Versions">
      <Loading of={found}>
        {({ items, total }) => (
          <>
            {total > 1 ? <CompareForm key={nearest(items, item)} item={item} suggested={nearest(items, item)} /> : null}
            <VersionTable items={items} item={item} />
            <Paging total={total} size={SIZE} page={page} onPage={setPage} label="versions" />
          </>
        )}
      </Loading>
    </Section>
  );
}

/** The version before, else the one after; of what is not on this page of the list, the likely number. */
function nearest(items: Item[], { version }: VersionRef): number | undefined {
  const others = items.map((other) => other.version).filter((other) => other !== version);
  return others.find((other) => other < version) ?? (version > 1 ? version - 1 : others.at(-1));
}

function VersionTable({ items, item }: { items: Item[]; item: VersionRef }): ReactElement {
  return (
    <Scroll label="Versions">
      <table className="aa-table">
        <caption className="aa-hidden">{`Versions of ${item.name}`}</caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" className="aa-right">Size</th>
            <th scope="col">Created</th>
            <th scope="col">Made by</th>
            <th scope="col"><span className="aa-hidden">Compare</span></th>
          </tr>
        </thead>
        <tbody>
          {items.map((other) => (
            <VersionRow key={other.version} other={other} item={item} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function VersionRow({ other, item }: { other: Item; item: VersionRef }): ReactElement {
  const isShown = other.version === item.version;
  const { name, version } = other;
  return (
    <tr className={isShown ? "aa-current" : undefined}>
      <th scope="row">
        <ViewLink change={{ artifact: { name, version } }} isCurrent={isShown}><Version item={other} /></ViewLink>
        {isShown ? <span className="aa-note"> shown here</span> : null}
      </th>
      <td className="aa-right aa-nowrap"><Size bytes={other.size} /></td>
      <td className="aa-nowrap"><Time iso={other.created_at} /></td>
      <td>{other.producer ? <>{other.producer.run_id} <Try producer={other.producer} /></> : "outside Airflow"}</td>
      <td>
        {isShown ? null : (
          <ViewLink change={{ compare: version }} label={`Compare with version ${version}`}>Compare</ViewLink>
        )}
      </td>
    </tr>
  );
}
