import { useRef, type ReactElement, type RefObject } from "react";

interface Props {
  /** What each of them is, for instance a tag. */
  noun: string;
  values: string[];
  onChange: (values: string[]) => void;
  /** Where another one is added. */
  field: RefObject<HTMLElement | null>;
}

/** Values that were added to a filter, each a button that removes it. */
export function Chips({ noun, values, onChange, field }: Props): ReactElement | null {
  const list = useRef<HTMLUListElement>(null);
  if (values.length === 0) return null;
  const remove = (value: string) => {
    // The focus would go with the button: its neighbour gets it, or the field.
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = values.indexOf(value);
    (buttons[at + 1] ?? buttons[at - 1] ?? field.current)?.focus();
    onChange(values.filter((each) => each !== value));
  };
  return (
    <ul className="aa-chips" aria-label={`Chosen ${noun}s`} ref={list}>
      {values.map((value) => (
        <li key={value}>
          <button type="button" className="aa-chip" aria-label={`Remove ${noun} ${value}`} onClick={() => { remove(value); }}>
            <span className="aa-note">{noun}</span> {value} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
