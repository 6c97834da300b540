import { useEffect, useId, useState, type ReactElement } from "react";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

interface TextProps extends Props {
  /** An example, as long as nothing is typed. */
  hint: string;
  /** What else may be typed. */
  title?: string;
  suggestions?: string[];
}

const PAUSE = 300;

/** A text that counts once nobody types any more. */
export function TextField({ label, value, onChange, hint, title, suggestions }: TextProps): ReactElement {
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
        title={title}
        list={suggestions ? `${id}-list` : undefined}
        onChange={(event) => { setTyped(event.target.value); }}
      />
      {suggestions ? (
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => <option key={suggestion} value={suggestion} />)}
        </datalist>
      ) : null}
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

export function DayField({ label, value, onChange }: Props): ReactElement {
  const id = useId();
  return (
    <span className="aa-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => { onChange(event.target.value); }} />
    </span>
  );
}
