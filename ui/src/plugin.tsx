/** The bundle for Airflow's page, whose loader looks for a component under the name that the plugin registers. */
import { useMemo, type ReactElement } from "react";
import { App } from "./App";
import { useHostNavigation } from "./routing/host";
import { readScope } from "./scope/scopes";

interface Props {
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: string;
}

/** What the place in Airflow's page made; without a place, all artifacts. */
function Artifacts({ dagId, runId, taskId, mapIndex }: Props): ReactElement {
  const navigation = useHostNavigation();
  const scope = useMemo(() => readScope(dagId, runId, taskId, mapIndex), [dagId, runId, taskId, mapIndex]);
  return <App scope={scope} navigation={navigation} />;
}

Object.assign(globalThis, { Artifacts, AirflowPlugin: Artifacts });
