import type { ReactElement } from "react";
import { Time } from "./Facts";

/** When the server last looked at the store, and a button to look again. */
export const AsOf = ({ time, reload }: { time: string | undefined; reload: () => void }): ReactElement => (
  <span className="aa-bar">
    {time ? <span className="aa-note">as of <Time iso={time} /></span> : null}
    <button type="button" onClick={reload}>Refresh</button>
  </span>
);
