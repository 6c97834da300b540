/** What is looked at, as the query of the address says it, so that a link can be copied. */
import type { ListQuery, VersionRef } from "../api";
import { startOfDay } from "../format";

export interface Filters {
  q: string;
  dag: string;
  task: string;
  kind: string;
  /** Tags, all of which a version has. */
  tag: string[];
  /** Conditions on metadata, such as `key=value`, all of which hold. */
  meta: string[];
  /** Days, as `2026-01-31`. */
  from: string;
  to: string;
  everyVersion: boolean;
}

export interface View extends Filters {
  artifact: VersionRef | null;
  file: string | null;
  /** The version that the artifact's is compared with. */
  compare: number | null;
  /** As the server takes it, empty for its own order. */
  sort: string;
  /** From 1. */
  page: number;
}

export const NO_FILTERS: Filters = {
  q: "",
  dag: "",
  task: "",
  kind: "",
  tag: [],
  meta: [],
  from: "",
  to: "",
  everyVersion: false,
};

export const PAGE_SIZE = 50;

const TEXTS = ["q", "dag", "task", "kind", "from", "to", "sort"] as const;

const natural = (text: string | null): number | null => (text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null);

/** Reads `plots/lengths.png@3`. */
export function parseRef(text: string | null): VersionRef | null {
  const at = text?.lastIndexOf("@") ?? -1;
  const version = natural(text?.slice(at + 1) ?? null);
  return text && at > 0 && version !== null ? { name: text.slice(0, at), version } : null;
}

export const formatRef = (ref: VersionRef): string => `${ref.name}@${ref.version}`;

/** The texts that say something, each once. */
const distinct = (texts: string[]): string[] => [...new Set(texts)].filter(Boolean);

export function readView(parameters: URLSearchParams): View {
  const texts = Object.fromEntries(TEXTS.map((key) => [key, parameters.get(key) ?? ""])) as Record<
    (typeof TEXTS)[number],
    string
  >;
  return {
    ...texts,
    tag: distinct(parameters.getAll("tag")),
    meta: distinct(parameters.getAll("meta")),
    everyVersion: parameters.get("versions") === "all",
    artifact: parseRef(parameters.get("artifact")),
    file: parameters.get("file"),
    compare: natural(parameters.get("compare")),
    page: natural(parameters.get("page")) ?? 1,
  };
}

function written(view: View): Record<string, string | string[]> {
  return {
    ...Object.fromEntries(TEXTS.map((key) => [key, view[key]])),
    tag: view.tag,
    meta: view.meta,
    versions: view.everyVersion ? "all" : "",
    artifact: view.artifact ? formatRef(view.artifact) : "",
    file: view.file ?? "",
    compare: view.compare ? String(view.compare) : "",
    page: view.page > 1 ? String(view.page) : "",
  };
}

/** What a change leaves of the rest: another artifact has other files, another filter has other pages. */
function reset(change: Partial<View>): Partial<View> {
  const keys = Object.keys(change);
  const isOtherList = keys.some((key) => key === "sort" || key in NO_FILTERS);
  return {
    ...("artifact" in change ? { file: null, compare: null } : {}),
    ...(isOtherList ? { page: 1 } : {}),
  };
}

/** The parameters after a change of the view. Those that are not the view's stay. */
export function changedParameters(parameters: URLSearchParams, change: Partial<View>): URLSearchParams {
  const changed = new URLSearchParams(parameters);
  const view: View = { ...readView(parameters), ...reset(change), ...change };
  for (const [key, value] of Object.entries(written(view))) {
    changed.delete(key);
    for (const each of distinct([value].flat())) changed.append(key, each);
  }
  return changed;
}

/** What the server is asked for a page of a list. */
export function listQuery(view: View): ListQuery {
  return {
    q: view.q,
    dag_id: view.dag,
    task_id: view.task,
    kind: view.kind,
    tag: view.tag,
    metadata: view.meta,
    created_after: startOfDay(view.from),
    created_before: startOfDay(view.to, 1),
    latest: !view.everyVersion,
    ...pageQuery(view),
  };
}

/** The part of it that is not a filter. */
export const pageQuery = (view: Pick<View, "sort" | "page">): ListQuery => ({
  sort: view.sort,
  limit: PAGE_SIZE,
  offset: (view.page - 1) * PAGE_SIZE,
});
