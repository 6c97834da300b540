import { useCallback, useState, type ReactElement } from "react";
import { findRows, type RowsPage, type Scope } from "../api";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { useLoaded } from "../useLoaded";
import { RowsTable } from "./RowsTable";
import { namingOf } from "./scopes";

/** The rows of steps, a page at a time: the server gives a cursor for the next one only. */
export function RowsSection({ scope }: { scope: Scope }): ReactElement {
  const [cursors, setCursors] = useState<string[]>([]);
  const before = cursors.at(-1);
  const load = useCallback((signal: AbortSignal) => findRows(scope, before, signal), [scope, before]);
  const found = useLoaded(load);
  const newer = cursors.length > 0 ? () => { setCursors(cursors.slice(0, -1)); } : undefined;
  return (
    <Section title="Rows" actions={<button type="button" onClick={found.reload}>Refresh rows</button>}>
      <Loading of={found}>
        {(page) => (
          <>
            <Problems texts={page.problems} />
            <FoundRows page={page} scope={scope} isFirst={cursors.length === 0} />
            <Steps newer={newer} older={page.next ? () => { setCursors([...cursors, page.next ?? ""]); } : undefined} />
          </>
        )}
      </Loading>
    </Section>
  );
}

function FoundRows({ page, scope, isFirst }: { page: RowsPage; scope: Scope; isFirst: boolean }): ReactElement {
  if (page.items.length > 0) return <RowsTable items={page.items} naming={namingOf(scope)} />;
  const text = isFirst ? "No rows yet: the rows that steps make are listed here." : "No rows on this page.";
  return <p className="aa-empty">{text}</p>;
}

function Problems({ texts }: { texts: string[] }): ReactElement | null {
  if (texts.length === 0) return null;
  return (
    <ul className="aa-error" role="alert">
      {texts.map((text) => <li key={text}>{text}</li>)}
    </ul>
  );
}

function Steps({ newer, older }: { newer?: () => void; older?: () => void }): ReactElement | null {
  if (!newer && !older) return null;
  return (
    <nav className="aa-bar" aria-label="Pages of rows">
      <button type="button" disabled={!newer} onClick={newer}>Newer</button>
      <button type="button" disabled={!older} onClick={older}>Older</button>
    </nav>
  );
}
