/** What a scope is called, and what its lists need not repeat. */
import type { Scope } from "../api";
import type { Naming } from "../parts/Facts";

/** The scope as words of the route, or of a query, say it; null if they name no DAG. */
export function readScope(
  dagId: string | null | undefined,
  runId: string | null | undefined,
  taskId: string | null | undefined,
  mapIndex: string | number | null | undefined,
): Scope | null {
  if (!dagId) return null;
  const index = mapIndex === null || mapIndex === undefined || mapIndex === "" ? NaN : Number(mapIndex);
  return {
    dagId,
    runId: runId || undefined,
    taskId: taskId || undefined,
    mapIndex: Number.isInteger(index) && index >= 0 ? index : undefined,
  };
}

export function namingOf({ runId, taskId, mapIndex }: Scope): Naming {
  if (!runId) return "run";
  if (!taskId) return "task";
  return mapIndex === undefined ? "index" : "try";
}

export function titleOf({ runId, taskId }: Scope): string {
  if (runId) return taskId ? "Artifacts of this task instance" : "Artifacts of this run";
  return taskId ? "Artifacts of this task" : "Artifacts of this DAG";
}

export function emptyList({ runId, taskId }: Scope): string {
  const thing = taskId ? "task" : "DAG";
  const when = runId ? "If it is still running, refresh in a while." : "They appear here once a run has made some.";
  return `No artifacts yet: what this ${thing} saves with ArtifactClient, @task.artifact or a step is listed here. ${when}`;
}

/** Airflow's own pages of a scope and what it is part of. */
export function airflowPages({ dagId, runId, taskId, mapIndex }: Scope): { name: string; url: string }[] {
  const at = (...segments: string[]): string =>
    new URL(["dags", dagId, ...segments].map(encodeURIComponent).join("/"), document.baseURI).href;
  const pages = [{ name: dagId, url: at() }];
  if (runId) pages.push({ name: runId, url: at("runs", runId) });
  if (taskId && !runId) pages.push({ name: taskId, url: at("tasks", taskId) });
  if (taskId && runId) pages.push({ name: taskId, url: at("runs", runId, "tasks", taskId) });
  if (taskId && runId && mapIndex !== undefined) {
    pages.push({ name: `[${mapIndex}]`, url: at("runs", runId, "tasks", taskId, "mapped", String(mapIndex)) });
  }
  return pages;
}
