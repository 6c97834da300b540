/** What the server answers, and where: the one place that knows its routes. */

export interface Producer {
  dag_id: string;
  run_id: string;
  task_id: string;
  /** -1 where the task is not mapped. */
  map_index: number;
  try_number: number;
  /** Id of the attempt. */
  attempt: string;
  logical_date: string | null;
  /** State of that try in Airflow, null where Airflow no longer knows it. */
  state: string | null;
  /** Whether it is the newest try of the task instance, null where Airflow no longer knows. */
  is_latest_try: boolean | null;
}

/** A value of metadata, cut to what can be shown. */
export interface MetadataValue {
  key: string;
  type: "string" | "number" | "boolean" | "null" | "list" | "object";
  /** The text itself of a string, else JSON. */
  text: string;
  /** Characters of the whole text. */
  size: number;
  is_cut: boolean;
}

/** A version of an artifact, as lists have it. */
export interface Item {
  name: string;
  version: number;
  label: string | null;
  uri: string;
  kind: string;
  media_type: string | null;
  /** Bytes of all files. */
  size: number;
  /** ISO 8601 in UTC. */
  created_at: string;
  tags: string[];
  step: string | null;
  producer: Producer | null;
  /** The first keys, each cut short. */
  metadata: MetadataValue[];
  /** Whether its files are kept elsewhere, at a URL that was registered. */
  is_by_reference: boolean;
}

export interface Page {
  items: Item[];
  /** How many there are on all pages. */
  total: number;
  /** When the server last looked at the store. */
  as_of: string;
}

/** What can be chosen from in the filters. */
export interface Facets {
  kinds: string[];
  tags: string[];
  dag_ids: string[];
  task_ids: string[];
  metadata_keys: string[];
}

export interface FileItem {
  path: string;
  size: number;
  sha256: string;
  media_type: string;
}

export interface VersionRef {
  name: string;
  version: number;
}

/** A data set that refers to a version: saved to a folder or pushed to the Hugging Face Hub. */
export interface Publication {
  created_at: string;
  producer: Producer;
  /** URL of the folder, null for what was pushed. */
  path: string | null;
  repo_id: string | null;
  revision: string | null;
  commit: string | null;
  /** Page of the commit or the repository. */
  url: string | null;
  rows: number;
}

export interface Detail extends Item {
  /** Where the files are kept, of an artifact by reference. */
  source: string | null;
  /** Whether previews and downloads are possible: not for what is kept where the server may not read. */
  is_served: boolean;
  files: FileItem[];
  /** How many files there are; `files` has the first ones. */
  file_count: number;
  /** The metadata as it was saved. */
  metadata_saved: MetadataValue[];
  /** What was added later, the oldest first. */
  metadata_history: { created_at: string; metadata: MetadataValue[] }[];
  parents: VersionRef[];
  /** How many more there are that the user may not see. */
  hidden_parents: number;
  children: Item[];
  hidden_children: number;
  publications: Publication[];
}

export interface Series {
  versions: { version: number; created_at: string }[];
  /** Of each numeric key, a value for each version, null where it has none. */
  series: Record<string, (number | null)[]>;
}

export interface Column {
  name: string;
  type: string;
}

export interface TablePreview {
  type: "table";
  format: string;
  columns: Column[];
  /** How many columns there are; `columns` has the first ones. */
  total_columns: number;
  /** A text for each cell, cut short with an ellipsis, null where there is no value. */
  rows: (string | null)[][];
  /** How many rows there are, null where that would need all to be read. */
  total_rows: number | null;
  note: string | null;
}

export interface TextPreview {
  type: "text" | "code" | "markdown" | "json" | "yaml";
  text: string;
  /** Of source code: the name of its language. */
  language: string | null;
  /** Bytes of the file. */
  size: number;
  is_cut: boolean;
}

export interface MediaPreview {
  type: "image" | "audio" | "video" | "pdf" | "html";
}

export interface FactsPreview {
  type: "facts";
  facts: { name: string; value: string }[];
}

export interface NoPreview {
  type: "none";
  reason: string;
}

export type Preview = TablePreview | TextPreview | MediaPreview | FactsPreview | NoPreview;

/** The rows that an attempt of a step task made. */
export interface RowsItem {
  producer: Producer;
  step: string;
  count: number;
  size: number;
  /** Columns, and in how many rows each is. */
  columns: { name: string; rows: number }[];
  /** How many columns there are; `columns` has the first ones. */
  total_columns: number;
}

export interface RowsPage {
  items: RowsItem[];
  /** What is wrong with rows that cannot be read. */
  problems: string[];
  /** Where to go on (a value for `before`), null at the end. */
  next: string | null;
}

/** A part of what Airflow has: a DAG, a run, a task, a task instance. */
export interface Scope {
  dagId: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number;
}

export interface ListQuery {
  /** Part of the name. */
  q?: string;
  /** The whole name. */
  name?: string;
  dag_id?: string;
  task_id?: string;
  kind?: string;
  tag?: string[];
  /** `key`, `key=value`, `key!=value`, `key>number`, `key<number`. */
  metadata?: string[];
  created_after?: string;
  created_before?: string;
  /** Only the newest version of each name that the user may see. */
  latest?: boolean;
  /** `name`, `version`, `kind`, `size` or `created_at`, with `-` before it for the other direction. */
  sort?: string;
  limit?: number;
  offset?: number;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type Parameters = Record<string, string | number | boolean | string[] | undefined>;

/** The URL of the server's part, below whatever path Airflow itself is served at. */
export const base = (): string => new URL("airflow-artifacts/", document.baseURI).href;

const query = (parameters: Parameters): string => {
  const found = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== "" && each !== false) found.append(key, String(each));
    }
  }
  const text = found.toString();
  return text ? `?${text}` : "";
};

const path = (text: string): string => text.split("/").map(encodeURIComponent).join("/");

const scoped = (scope: Scope): Parameters => ({
  run_id: scope.runId,
  task_id: scope.taskId,
  map_index: scope.mapIndex,
});

async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(`${base()}${url}`, { credentials: "same-origin", signal });
  if (!answer.ok) {
    const body = (await answer.json().catch(() => null)) as { detail?: unknown } | null;
    const detail = typeof body?.detail === "string" ? body.detail : answer.statusText;
    throw new ApiError(answer.status, detail || `The server answered ${answer.status}.`);
  }
  return (await answer.json()) as T;
}

export const findArtifacts = (wanted: ListQuery, signal?: AbortSignal): Promise<Page> =>
  get(`api/artifacts${query({ ...wanted })}`, signal);

export const findInScope = (scope: Scope, wanted: ListQuery, signal?: AbortSignal): Promise<Page> =>
  get(`api/dags/${encodeURIComponent(scope.dagId)}/artifacts${query({ ...wanted, ...scoped(scope) })}`, signal);

export const findRows = (scope: Scope, before?: string, signal?: AbortSignal): Promise<RowsPage> =>
  get(`api/dags/${encodeURIComponent(scope.dagId)}/rows${query({ ...scoped(scope), before })}`, signal);

export const firstRows = (producer: Producer, signal?: AbortSignal): Promise<TablePreview | NoPreview> => {
  const { run_id, task_id, map_index, try_number, attempt } = producer;
  const instance = query({ run_id, task_id, map_index, try_number, attempt });
  return get(`api/dags/${encodeURIComponent(producer.dag_id)}/rows/first${instance}`, signal);
};

export const getFacets = (signal?: AbortSignal): Promise<Facets> => get("api/facets", signal);

export const getDetail = (ref: VersionRef, signal?: AbortSignal): Promise<Detail> =>
  get(`api/artifacts/${path(ref.name)}@${ref.version}`, signal);

export const getPreview = (ref: VersionRef, file: string, signal?: AbortSignal): Promise<Preview> =>
  get(`api/artifacts/${path(ref.name)}@${ref.version}/preview${query({ file })}`, signal);

export const getSeries = (name: string, signal?: AbortSignal): Promise<Series> =>
  get(`api/artifacts/${path(name)}/series`, signal);

/** Where a file is downloaded from; with `inline`, where a browser may show it. */
export const fileUrl = (ref: VersionRef, file: string, inline = false): string =>
  `${base()}artifacts/${path(ref.name)}@${ref.version}/files/${path(file)}${query({ inline })}`;

export const archiveUrl = (ref: VersionRef): string => `${base()}artifacts/${path(ref.name)}@${ref.version}/archive`;

export const scopeArchiveUrl = (scope: Scope): string =>
  `${base()}dags/${encodeURIComponent(scope.dagId)}/archive${query(scoped(scope))}`;

/** Airflow's own page of a task instance. */
export const taskInstanceUrl = (producer: Producer): string => {
  const mapped = producer.map_index >= 0 ? `/mapped/${producer.map_index}` : "";
  const segments = [producer.dag_id, "runs", producer.run_id, "tasks", producer.task_id].map(encodeURIComponent);
  return new URL(`dags/${segments.join("/")}${mapped}`, document.baseURI).href;
};

/** Where a user logs in, to come back to this page. */
export const loginUrl = (): string => {
  const { pathname, search, hash } = globalThis.location;
  return new URL(`api/v2/auth/login${query({ next: pathname + search + hash })}`, document.baseURI).href;
};
