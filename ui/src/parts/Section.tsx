import { useId, type ReactElement, type ReactNode } from "react";

interface Props {
  title: string;
  children: ReactNode;
  /** Buttons and links beside the title. */
  actions?: ReactNode;
}

/** A part of a screen, which a screen reader finds by its title. */
export function Section({ title, children, actions }: Props): ReactElement {
  const id = useId();
  return (
    <section aria-labelledby={id} className="aa-section">
      <div className="aa-bar">
        <h3 id={id}>{title}</h3>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Where a wide table scrolls by itself, with the keyboard too. */
export function Scroll({ label, children }: { label: string; children: ReactNode }): ReactElement {
  return (
    <div className="aa-scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
