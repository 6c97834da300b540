/** Lines of JSON, made by a scanner: digits and escapes stay as written, and a text that breaks off or is no JSON gets lines too. */
import { Line, LineList, type Kind } from "./lines";

const CLOSING: Record<string, string> = { "{": "}", "[": "]" };
const SPECIAL = /["{}[\],:\s]/g;
const STRING_END = /["\\]/g;

/** Where the string that begins at `start` ends, the end of the text if it breaks off. */
function endOfString(text: string, start: number): number {
  STRING_END.lastIndex = start + 1;
  for (let found = STRING_END.exec(text); found; found = STRING_END.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    STRING_END.lastIndex = found.index + 2;
  }
  return text.length;
}

/** Where the number or word that begins at `start` ends. */
function endOfWord(text: string, start: number): number {
  SPECIAL.lastIndex = start + 1;
  return SPECIAL.exec(text)?.index ?? text.length;
}

function kindOf(piece: string): Kind {
  if (piece.startsWith('"')) return "string";
  return /^-?\d/.test(piece) ? "number" : "word";
}

class Scanner {
  private readonly list = new LineList();
  private depth = 0;
  private key = "";
  private value = "";
  private kind: Kind = "mark";

  constructor(private readonly text: string) {}

  scan(): Line[] {
    let at = 0;
    while (at < this.text.length) at = this.step(at);
    this.flush();
    return this.list.finish();
  }

  /** Take what is at a place, and say where the next begins. */
  private step(at: number): number {
    const { text } = this;
    const character = text.charAt(at);
    if (character === "{" || character === "[") return this.begin(character, at);
    if (character === "}" || character === "]") return this.close(character, at);
    if (character === ",") return this.comma(at);
    if (character === ":" && this.value && !this.key) {
      this.key = `${this.value}: `;
      this.value = "";
      return at + 1;
    }
    if (/\s/.test(character)) {
      if (character === "\n" && this.depth === 0) this.flush();
      return at + 1;
    }
    const end = character === '"' ? endOfString(text, at) : endOfWord(text, at);
    this.add(text.slice(at, end));
    return end;
  }

  private add(piece: string): void {
    this.kind = this.value ? "word" : kindOf(piece);
    this.value += this.value ? ` ${piece}` : piece;
  }

  private begin(character: string, at: number): number {
    let next = at + 1;
    while (/\s/.test(this.text.charAt(next))) next += 1;
    // What stands before a bracket without a comma is no JSON: it gets a line of its own.
    if (this.value) this.flush();
    this.kind = "mark";
    if (this.text.charAt(next) === CLOSING[character]) {
      this.value = character + CLOSING[character];
      return next + 1;
    }
    this.value = character;
    this.flush();
    this.depth += 1;
    return next;
  }

  private close(character: string, at: number): number {
    this.flush();
    this.depth = Math.max(0, this.depth - 1);
    this.kind = "mark";
    this.value = character;
    // The comma belongs to the line of the bracket.
    let next = at + 1;
    while (/\s/.test(this.text.charAt(next))) next += 1;
    const hasComma = this.text.charAt(next) === ",";
    this.flush(hasComma ? "," : "", true);
    return hasComma ? next + 1 : next;
  }

  private comma(at: number): number {
    this.flush(",");
    return at + 1;
  }

  private flush(tail = "", isEnd = false): void {
    if (!this.value && !this.key && !tail) return;
    this.list.add(new Line(this.depth, this.key, this.value, this.kind, tail), isEnd);
    this.key = "";
    this.value = "";
    this.kind = "mark";
  }
}

export const jsonLines = (text: string): Line[] => new Scanner(text).scan();
