/** Small things that many screens show of a version. */
import type { ReactElement } from "react";
import { taskInstanceUrl, type Item, type MetadataValue, type Producer } from "../api";
import { formatCount, formatSize, formatTask, formatTime } from "../format";

export const Time = ({ iso }: { iso: string }): ReactElement => (
  <time dateTime={iso} title={iso}>{formatTime(iso)}</time>
);

export const Size = ({ bytes }: { bytes: number }): ReactElement => (
  <span title={`${formatCount(bytes)} bytes`} className="aa-number">{formatSize(bytes)}</span>
);

export const Version = ({ item }: { item: Pick<Item, "version" | "label"> }): ReactElement => (
  <>
    {item.version}
    {item.label ? <span className="aa-badge">{item.label}</span> : null}
  </>
);

/** Which try it was, and in words what sets it apart: it is not the newest, or it failed. */
export function Try({ producer }: { producer: Producer }): ReactElement {
  const isFailed = producer.state === "failed" || producer.state === "up_for_retry";
  return (
    <span className="aa-nowrap">
      {`try ${producer.try_number}`}
      {producer.is_latest_try === false ? <span className="aa-badge aa-warning">earlier</span> : null}
      {isFailed ? <span className="aa-badge aa-danger">failed</span> : null}
    </span>
  );
}

/** How much of a producer a list has to name: what its scope has not said. */
export type Naming = "all" | "run" | "task" | "index" | "try";

export function ProducerLink({ producer, naming = "all" }: { producer: Producer | null; naming?: Naming }): ReactElement {
  if (!producer) return <span className="aa-note">outside Airflow</span>;
  const text = {
    all: `${producer.dag_id} / ${formatTask(producer)}`,
    run: formatTask(producer),
    task: formatTask(producer),
    index: producer.map_index >= 0 ? `[${producer.map_index}]` : "",
    try: "",
  }[naming];
  return (
    <span className="aa-producer">
      {text ? <a href={taskInstanceUrl(producer)}>{text}</a> : null} <Try producer={producer} />
      {naming === "all" || naming === "run" ? <span className="aa-run">{producer.run_id}</span> : null}
    </span>
  );
}

/** The first of the metadata, in a line. */
export function FewValues({ values, most = 3 }: { values: MetadataValue[]; most?: number }): ReactElement {
  return (
    <span className="aa-pairs">
      {values.slice(0, most).map(({ key, text }) => (
        <span key={key} title={text}>
          <b>{key}</b> {text}
        </span>
      ))}
      {values.length > most ? <span className="aa-note">{`and ${values.length - most} more`}</span> : null}
    </span>
  );
}
