/** Code in coloured pieces. Parsers go token by token, so that none can take longer than its time, whatever it is given. */
import { StringStream } from "@codemirror/streamparser";
import { parserOf, type Parser } from "./languages";

export interface Piece {
  /** What the text is, "" if that needs no colour. */
  kind: string;
  text: string;
}

/** Characters that are coloured at most: each piece is an element of the page. */
export const MOST_CODE = 100 * 1024;
/** A longer line was not written by a person, and a parser may take the cube of its length for a token. */
export const MOST_LINE = 500;
const MILLISECONDS = 150;
const TAB = 8;
const INDENT = 2;

const KINDS: [string, RegExp][] = [
  ["comment", /comment|quote/],
  ["keyword", /keyword|modifier|self/],
  ["string", /string|character|regexp|url/],
  ["number", /number|integer|float|bool|atom|null|unit|color/],
  ["name", /definition|def\b|typeName|tagName|className|propertyName|attributeName|labelName|heading|standard/],
  ["meta", /meta|annotation|processing/],
  ["added", /inserted/],
  ["removed", /deleted/],
];

const kinds = new Map<string, string>();

/** Of the many styles that parsers know, those that have a colour. */
function kindOf(style: string | null | undefined): string {
  if (!style) return "";
  const known = kinds.get(style);
  if (known !== undefined) return known;
  const kind = KINDS.find(([, pattern]) => pattern.test(style))?.[0] ?? "";
  kinds.set(style, kind);
  return kind;
}

class Pieces {
  readonly all: Piece[] = [];

  add(kind: string, text: string): void {
    const last = this.all.at(-1);
    // Blanks have no colour, and neighbours of one colour are one piece.
    if (last && (last.kind === kind || text.trim() === "")) last.text += text;
    else if (text) this.all.push({ kind, text });
  }
}

function readLine(parser: Parser, state: unknown, line: string, pieces: Pieces, until: number): void {
  const stream = new StringStream(line, TAB, INDENT);
  if (line === "") parser.blankLine?.(state, INDENT);
  // A parser may look at a place a few times before it goes on; one that stays there is stuck.
  for (let tries = 0; !stream.eol() && tries < 10 && performance.now() < until; ) {
    stream.start = stream.pos;
    const style = parser.token(stream, state);
    tries = stream.pos > stream.start ? 0 : tries + 1;
    pieces.add(kindOf(style), stream.current());
  }
  pieces.add("", line.slice(stream.pos));
}

/** The pieces of a code, in one piece where its language is unknown or it is too long. */
export function highlight(text: string, language: string | null, milliseconds = MILLISECONDS): Piece[] {
  const parser = parserOf(language);
  if (!parser || text.length > MOST_CODE) return [{ kind: "", text }];
  const pieces = new Pieces();
  const until = performance.now() + milliseconds;
  try {
    const state = parser.startState?.(INDENT) ?? {};
    for (const [at, line] of text.split("\n").entries()) {
      if (at > 0) pieces.add("", "\n");
      if (line.length > MOST_LINE || performance.now() >= until) pieces.add("", line);
      else readLine(parser, state, line, pieces, until);
    }
  } catch {
    // A parser that fails at a strange text must not keep the text from being read.
    return [{ kind: "", text }];
  }
  return pieces.all;
}
