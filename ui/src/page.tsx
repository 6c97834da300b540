/** The bundle for the server's own page, which names a scope in its query. */
import { useEffect, useMemo, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import type { Scope } from "./api";
import { App } from "./App";
import { useHistoryNavigation } from "./routing/history";
import { airflowPages, readScope } from "./scope/scopes";

function Page(): ReactElement {
  const navigation = useHistoryNavigation();
  const { parameters } = navigation;
  const [dag, run, task, index] = ["dag_id", "run_id", "task_id", "map_index"].map((key) => parameters.get(key));
  const scope = useMemo(() => readScope(dag, run, task, index), [dag, run, task, index]);
  const artifact = parameters.get("artifact");
  useEffect(() => {
    document.title = [artifact ?? task ?? run ?? dag, "Artifacts", "Airflow"].filter(Boolean).join(" - ");
  }, [artifact, task, run, dag]);
  return (
    <main className="aa-page">
      <Crumbs scope={scope} />
      <App scope={scope} navigation={navigation} />
    </main>
  );
}

/** Where this is, and the way back to Airflow, whose menus are not around this page. */
const Crumbs = ({ scope }: { scope: Scope | null }): ReactElement => (
  <header className="aa-crumbs">
    <h1>Artifacts</h1>
    <a href={document.baseURI}>Airflow</a>
    {scope ? airflowPages(scope).map(({ name, url }) => <a key={url} href={url}>{name}</a>) : null}
    {scope ? <a href={globalThis.location.pathname}>all artifacts</a> : null}
  </header>
);

const element = document.getElementById("artifacts");
if (element) createRoot(element).render(<Page />);
