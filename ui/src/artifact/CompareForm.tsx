import { useId, useState, type ReactElement } from "react";
import type { VersionRef } from "../api";
import { useView } from "../routing/navigation";

/** Asks which version to compare with; one that is not on this page of the list can be typed. */
export function CompareForm({ item, suggested }: { item: VersionRef; suggested: number | undefined }): ReactElement {
  const { change } = useView();
  const id = useId();
  const [typed, setTyped] = useState(String(suggested ?? ""));
  const version = Number(typed);
  const isVersion = Number.isSafeInteger(version) && version > 0 && version !== item.version;
  return (
    <form
      className="aa-bar"
      onSubmit={(event) => {
        event.preventDefault();
        if (isVersion) change({ compare: version });
      }}
    >
      <label htmlFor={id}>Compare with version</label>
      <input id={id} type="number" min={1} value={typed} onChange={(event) => { setTyped(event.target.value); }} />
      <button type="submit" disabled={!isVersion}>Compare</button>
    </form>
  );
}
