import type { ReactElement } from "react";
import type { Publication } from "../api";
import { formatCount, webUrl } from "../format";
import { ProducerLink, Time } from "../parts/Facts";
import { Scroll } from "../parts/Section";

/** Data sets that refer to a version. */
export function PublicationTable({ publications }: { publications: Publication[] }): ReactElement {
  return (
    <Scroll label="Data sets">
      <table className="aa-table">
        <caption className="aa-hidden">Data sets that refer to it</caption>
        <thead>
          <tr>
            <th scope="col">Data set</th>
            <th scope="col">Commit</th>
            <th scope="col" className="aa-right">Rows</th>
            <th scope="col">Created</th>
            <th scope="col">Made by</th>
          </tr>
        </thead>
        <tbody>
          {publications.map((publication) => (
            <tr key={keyOf(publication)}>
              <th scope="row" className="aa-name"><Place publication={publication} /></th>
              <td>{publication.commit ? <code title={publication.commit}>{publication.commit.slice(0, 12)}</code> : null}</td>
              <td className="aa-right">{formatCount(publication.rows)}</td>
              <td className="aa-nowrap"><Time iso={publication.created_at} /></td>
              <td><ProducerLink producer={publication.producer} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const keyOf = ({ created_at, path, repo_id, commit, producer }: Publication): string =>
  JSON.stringify([created_at, path, repo_id, commit, producer.attempt]);

function Place({ publication }: { publication: Publication }): ReactElement {
  const { path, repo_id: repository, revision } = publication;
  const url = webUrl(publication.url);
  const name = repository ? `${repository}${revision ? ` (${revision})` : ""}` : (path ?? "a data set");
  if (!url) return <span className="aa-wrap">{name}</span>;
  return <a href={url} target="_blank" rel="noopener noreferrer">{name}</a>;
}
