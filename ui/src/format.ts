/** How sizes, counts and times are written. */
import type { Producer } from "./api";

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

/** A size as people read it: three digits and a unit. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = "B";
  for (const next of UNITS) {
    if (Math.round(value) < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** A whole number with separators between the thousands. */
export const formatCount = (count: number): string => count.toLocaleString("en-GB");

/** A count and what is counted. */
export const formatCounted = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A number as an axis or a table has it: six digits say enough. */
export const formatNumber = (value: number): string => String(Number(value.toPrecision(6)));

const pad = (value: number): string => String(value).padStart(2, "0");

/** A time of ISO 8601 in the zone of whoever reads it; the text itself if it is no time. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${day} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** The moment at which a day of the form's begins where the reader is, `days` later; undefined if it is no day. */
export function startOfDay(day: string, days = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (!year || !month || !date) return undefined;
  const time = new Date(Number(year), Number(month) - 1, Number(date) + days);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** A task instance as it is called below a DAG or below a run. */
export const formatTask = (producer: Producer): string =>
  producer.map_index >= 0 ? `${producer.task_id} [${producer.map_index}]` : producer.task_id;

/** A URL that a link may lead to, null for anything but the web: no script, no data, no file. */
export function webUrl(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  return ["http:", "https:"].includes(new URL(text).protocol) ? text : null;
}
