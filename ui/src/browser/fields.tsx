import { useEffect, useId, useState, type KeyboardEvent, type ReactElement, type RefObject } from "react";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const PAUSE = 300;

/** A text that counts once nobody types any more. */
export function TextField({ label, value, onChange, hint }: Props & { hint: string }): ReactElement {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const [sent, setSent] = useState(value);
  if (known !== value) {
    setKnown(value);
    if (value !== sent) {
      // Somebody else changed it: the Back button, or "Clear".
      setTyped(value);
      setSent(value);
    }
  }
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => {
      setSent(typed);
      onChange(typed);
    }, PAUSE);
    return () => { clearTimeout(timer); };
  }, [typed, value, onChange]);
  return (
    <span className="aa-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={typed}
        placeholder={hint}
        onChange={(event) => { setTyped(event.target.value); }}
      />
    </span>
  );
}

/** One of a few values, or any. */
export function ChoiceField({ label, value, onChange, options }: Props & { options: string[] }): ReactElement {
  const id = useId();
  // The address may name what the server does not offer.
  const all = value === "" || options.includes(value) ? options : [value, ...options];
  return (
    <span className="aa-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => { onChange(event.target.value); }}>
        <option value="">any</option>
        {all.map((option) => <option key={option} value={option}>{option}</option>)}
      </select>
    </span>
  );
}

interface AddedChoiceProps {
  label: string;
  chosen: string[];
  options: string[];
  onAdd: (option: string) => void;
  ref: RefObject<HTMLSelectElement | null>;
}

/** One more of a few values. */
export function AddedChoiceField({ label, chosen, options, onAdd, ref }: AddedChoiceProps): ReactElement {
  const id = useId();
  return (
    <span className="aa-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} ref={ref} value="" onChange={(event) => { onAdd(event.target.value); }} onKeyDown={openPicker}>
        <option value="">{chosen.length > 0 ? "add another" : "any"}</option>
        {options
          .filter((option) => !chosen.includes(option))
          .map((option) => <option key={option} value={option}>{option}</option>)}
      </select>
    </span>
  );
}

const CHOOSING = /^(Arrow.*|Home|End|Page.*|.)$/u;

function isOpen(select: HTMLSelectElement): boolean {
  try {
    return select.matches(":open");
  } catch {
    return false; // in a browser that does not know the word
  }
}

/** Opens the list at keys that would choose in it while it is closed: each press would add a value. */
function openPicker(event: KeyboardEvent<HTMLSelectElement>): void {
  const isShortcut = event.altKey || event.ctrlKey || event.metaKey;
  // Not every browser lets a script open it.
  if (isShortcut || !CHOOSING.test(event.key) || !("showPicker" in event.currentTarget)) return;
  if (isOpen(event.currentTarget)) return; // where these keys choose
  event.preventDefault();
  event.currentTarget.showPicker();
}

interface AddedTextProps extends Props {
  /** An example, as long as nothing is typed. */
  hint: string;
  /** What else may be typed. */
  title: string;
  suggestions: string[];
  /** The name of the button that adds it. */
  action: string;
  onAdd: () => void;
  ref: RefObject<HTMLInputElement | null>;
}

/** One more text, which counts once it is added: with Enter, or with the button. */
export function AddedTextField(props: AddedTextProps): ReactElement {
  const { label, value, onChange, onAdd, hint, title, suggestions, action, ref } = props;
  const id = useId();
  return (
    <span className="aa-field aa-double">
      <label htmlFor={id}>{label}</label>
      <span className="aa-adding">
        <input
          id={id}
          ref={ref}
          type="search"
          value={value}
          placeholder={hint}
          title={title}
          list={`${id}-list`}
          onChange={(event) => { onChange(event.target.value); }}
          onKeyDown={(event) => { if (event.key === "Enter") onAdd(); }}
        />
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => <option key={suggestion} value={suggestion} />)}
        </datalist>
        <button type="button" aria-label={action} onClick={onAdd}>Add</button>
      </span>
    </span>
  );
}

export function DayField({ label, value, onChange }: Props): ReactElement {
  const id = useId();
  return (
    <span className="aa-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => { onChange(event.target.value); }} />
    </span>
  );
}
