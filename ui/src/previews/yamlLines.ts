/** Lines of YAML, as they are written: what is further in is below what is less far in. */
import { Line, LineList, type Kind } from "./lines";

const KEY = /^((?:- +)*(?:"[^"]*"|'[^']*'|[^\s"'#[{|>][^:#"']{0,200}):)(?: +|$)/;

function kindOf(value: string): Kind {
  if (value.startsWith("#")) return "comment";
  if (/^[-+]?\.?\d[\d_.eE+-]*$/.test(value)) return "number";
  if (/^(true|false|null|~|yes|no|---|\.\.\.)$/i.test(value)) return "word";
  return /^[[\]{}&*|>!]/.test(value) || value === "" ? "mark" : "string";
}

function lineOf(depth: number, text: string): Line {
  const key = KEY.exec(text)?.[0] ?? /^(?:- +)+/.exec(text)?.[0] ?? "";
  const value = text.slice(key.length);
  return new Line(depth, key, value, kindOf(value));
}

/** How far in a line is; an item of a list is below the key above it even if it is not further in. */
function indentOf(body: string, spaces: number): number {
  return spaces * 2 + (body === "-" || body.startsWith("- ") ? 1 : 0);
}

export function yamlLines(text: string): Line[] {
  const list = new LineList();
  const indents: number[] = [];
  // Empty lines and comments belong to what follows them, however far in they are.
  let silent: string[] = [];
  const addAll = (bodies: string[], depth: number) => {
    for (const body of bodies) list.add(lineOf(depth, body));
  };
  for (const line of text.replace(/\r?\n$/, "").split(/\r?\n/)) {
    const body = line.trimStart();
    if (body === "" || body.startsWith("#")) {
      silent.push(body);
      continue;
    }
    const indent = indentOf(body, line.length - body.length);
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
    addAll([...silent, body], indents.length);
    indents.push(indent);
    silent = [];
  }
  addAll(silent, 0);
  return list.finish();
}
