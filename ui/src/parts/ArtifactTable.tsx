import type { ReactElement } from "react";
import type { Item } from "../api";
import { useView } from "../routing/navigation";
import { formatRef } from "../routing/view";
import { FewValues, ProducerLink, Size, Time, Version, type Naming } from "./Facts";
import { Scroll } from "./Section";
import { SortHeader } from "./SortHeader";
import { ViewLink } from "./ViewLink";

interface Props {
  items: Item[];
  caption: string;
  naming: Naming;
  /** Whether the server can sort it. */
  isSortable?: boolean;
}

const SORTABLE = [
  ["name", "Name", undefined],
  ["version", "Version", undefined],
  ["kind", "Kind", undefined],
  ["size", "Size", "aa-right"],
  ["created_at", "Created", undefined],
] as const;

/** Versions of artifacts, one in each row. */
export function ArtifactTable({ items, caption, naming, isSortable = false }: Props): ReactElement {
  const { view, change } = useView();
  const sort = view.sort || "-created_at";
  const onSort = (wanted: string) => { change({ sort: wanted }); };
  return (
    <Scroll label={caption}>
      <table className="aa-table">
        <caption className="aa-hidden">{caption}</caption>
        <thead>
          <tr>
            {SORTABLE.map(([field, title, className]) =>
              isSortable ? (
                <SortHeader key={field} {...{ field, title, sort, onSort, className }} />
              ) : (
                <th key={field} scope="col" className={className}>{title}</th>
              ),
            )}
            <th scope="col">Made by</th>
            <th scope="col">Metadata</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <ArtifactRow key={formatRef(item)} item={item} naming={naming} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function ArtifactRow({ item, naming }: { item: Item; naming: Naming }): ReactElement {
  const { name, version } = item;
  return (
    <tr>
      <th scope="row" className="aa-name">
        <ViewLink change={{ artifact: { name, version } }}>{name}</ViewLink>
      </th>
      <td className="aa-nowrap"><Version item={item} /></td>
      <td>{item.kind}</td>
      <td className="aa-right aa-nowrap"><Size bytes={item.size} /></td>
      <td className="aa-nowrap"><Time iso={item.created_at} /></td>
      <td><ProducerLink producer={item.producer} naming={naming} /></td>
      <td><FewValues values={item.metadata} /></td>
    </tr>
  );
}
