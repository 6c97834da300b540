import type { MouseEvent, ReactElement, ReactNode } from "react";
import { useView } from "../routing/navigation";
import type { View } from "../routing/view";

interface Props {
  change: Partial<View>;
  children: ReactNode;
  className?: string;
  label?: string;
  isCurrent?: boolean;
  /** -1 for what another link says as well, out of the way of the Tab key. */
  tabIndex?: number;
}

/** A link to another view: a real address, which can be copied and opened in a new tab. */
export function ViewLink({ change, children, className, label, isCurrent, tabIndex }: Props): ReactElement {
  const current = useView();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    current.change(change);
  };
  return (
    <a
      href={current.hrefOf(change)}
      onClick={follow}
      className={className}
      aria-label={label}
      aria-current={isCurrent ? "true" : undefined}
      tabIndex={tabIndex}
    >
      {children}
    </a>
  );
}
