/** Lines of a text with depths, and which of them are seen when some are folded. */

export type Kind = "string" | "number" | "word" | "mark" | "comment";

/** A line. It is made whole: a hundred thousand objects that are copied or grow would cost seconds. */
export class Line {
  /** Index of the line after all that are below this one; the next one if none are. */
  end = 0;
  /** How many lines are directly below it. */
  children = 0;
  /** The bracket that closes it, "" where there is none: shown behind it when it is folded. */
  closing = "";

  constructor(
    readonly depth: number,
    /** What stands before the value, a colon and space included. */
    readonly key: string,
    readonly text: string,
    readonly kind: Kind,
    /** The comma. */
    readonly tail = "",
  ) {}
}

/** Lines as they are found, each told when what is below it has ended. Never recursive: depth is the writer's choice. */
export class LineList {
  private readonly lines: Line[] = [];
  /** The lines that have not ended, each deeper than the one before it. */
  private readonly open: Line[] = [];

  /** Add a line; `isEnd` if it is the closing bracket of the one above that has its depth. */
  add(line: Line, isEnd = false): void {
    const index = this.lines.length;
    const opener = this.endDeeper(line.depth, index);
    line.end = index + 1;
    this.lines.push(line);
    if (isEnd && opener) {
      opener.end = index + 1;
      opener.closing = line.text + line.tail;
      return;
    }
    const parent = this.open.at(-1);
    if (parent) parent.children += 1;
    if (!isEnd) this.open.push(line);
  }

  finish(): Line[] {
    this.endDeeper(0, this.lines.length);
    return this.lines;
  }

  /** End the lines that are as deep or deeper, and give the last of them if it is as deep. */
  private endDeeper(depth: number, index: number): Line | undefined {
    let last: Line | undefined;
    for (let top = this.open.at(-1); top && top.depth >= depth; top = this.open.at(-1)) {
      top.end = index;
      last = top;
      this.open.pop();
    }
    return last?.depth === depth ? last : undefined;
  }
}

/** How lines are folded that nobody has touched. */
export type Folding = "some" | "none" | "all";

const OPEN_DEPTH = 3;
const LONG = 100;

export function startsFolded(line: Line, index: number, folding: Folding): boolean {
  if (line.children === 0 || folding === "none") return false;
  if (folding === "all") return true;
  // The outermost list is what somebody came to see, however long it is.
  if (line.depth === 0) return false;
  const isLongList = !line.text.endsWith("{") && line.end - index > LONG;
  return line.depth >= OPEN_DEPTH || isLongList;
}

/** Indices of the first lines that are seen, and whether there are more. */
export function visibleLines(
  lines: Line[],
  isFolded: (line: Line, index: number) => boolean,
  limit: number,
): { indices: number[]; hasMore: boolean } {
  const indices: number[] = [];
  let index = 0;
  while (index < lines.length && indices.length < limit) {
    const line = lines[index];
    if (!line) break;
    indices.push(index);
    index = isFolded(line, index) ? line.end : index + 1;
  }
  return { indices, hasMore: index < lines.length };
}
