import { describe, expect, test } from "vitest";
import { cpuTime } from "./cpu.test.helper";
import { highlight, MOST_CODE, MOST_LINE, type Piece } from "./highlighting";

const LANGUAGES = [
  "bash", "c", "cpp", "csharp", "css", "diff", "dockerfile", "go", "html", "ini", "java", "javascript", "json", "kotlin", "less",
  "python", "r", "ruby", "rust", "scala", "scss", "sql", "toml", "typescript", "xml", "yaml",
];
const HOSTILE = ["a", "(a", "{", "[", "<", "<a ", '"', "'", "`", "${", "/*", "\\", "1_", "\n", " ", "f'{", "a: ", "R\"(", "<<A\n", "#{", "\n\t", "a ", " : ", "'a "];
const joined = (pieces: Piece[]) => pieces.map(({ text }) => text).join("");

test("keywords, strings, numbers, names and comments of Python have their colours", () => {
  const pieces = highlight('def f(x):\n    return "a" + 1  # why', "python").map(({ kind, text }) => [kind, text.trim()]);
  for (const piece of [["keyword", "def"], ["keyword", "return"], ["string", '"a"'], ["number", "1"], ["comment", "# why"]]) {
    expect(pieces).toContainEqual(piece);
  }
});

test("a comment goes on over lines", () => {
  expect(highlight("/* a\n\nb */ int c;", "c")[0]).toEqual({ kind: "comment", text: "/* a\n\nb */ " });
});

test("added and removed lines have their colours", () => {
  expect(highlight("+a\n-b", "diff").map(({ kind }) => kind)).toEqual(["added", "removed"]);
});

test.each(["unknown", "__proto__", "constructor", null])("a language that is not known has no colours: %s", (language) => {
  expect(highlight("if (a) b", language)).toEqual([{ kind: "", text: "if (a) b" }]);
});

test("a code that is too long has no colours", () => {
  expect(highlight(`1${" ".repeat(MOST_CODE)}`, "python")).toHaveLength(1);
});

test("without time the text is there all the same", () => {
  const text = "def f():\n    return 1\n";
  expect(highlight(text, "python", 0)).toEqual([{ kind: "", text }]);
});

/** A text of the greatest length, in lines that are as long as colours have. */
const repeat = (text: string) => `${text.repeat(MOST_LINE / text.length)}\n`.repeat(MOST_CODE / MOST_LINE + 1).slice(0, MOST_CODE);

describe.each(LANGUAGES)("hostile code in %s", (language) => {
  test("is all there, and no token takes long", () => {
    for (const text of HOSTILE.map(repeat)) {
      let pieces: Piece[] = [];
      // With little time for all, what is measured is the token that was begun last.
      expect(cpuTime(() => (pieces = highlight(text, language, 20)))).toBeLessThan(1000);
      expect(joined(pieces) === text).toBe(true);
    }
  }, 60_000);
});
