import { describe, expect, test } from "vitest";
import { cpuTime } from "./cpu.test.helper";
import { jsonLines } from "./jsonLines";
import { startsFolded, visibleLines, type Folding, type Line } from "./lines";
import { yamlLines } from "./yamlLines";

const drawn = (lines: Line[]): string[] =>
  lines.map(({ depth, key, text, tail }) => `${"  ".repeat(depth)}${key}${text}${tail}`);
const seen = (lines: Line[], folding: Folding, limit = 2000) =>
  visibleLines(lines, (line, index) => startsFolded(line, index, folding), limit);

describe("lines of JSON", () => {
  test("are what a formatter would write", () => {
    const value = { a: 1, b: [true, null, "x"], c: {}, d: [], e: { f: [[-1.5]] }, g: 'quote " and \\ and {[,:' };
    const formatted = JSON.stringify(value, null, 2);
    expect(drawn(jsonLines(JSON.stringify(value))).join("\n")).toBe(formatted);
    expect(drawn(jsonLines(formatted)).join("\n")).toBe(formatted);
  });

  test("keep all digits, escapes and repeated keys", () => {
    const text = '{"a":12345678901234567890.10,"a":1E+400,"b":"\\u0041\\n"}';
    expect(drawn(jsonLines(text))).toEqual(["{", '  "a": 12345678901234567890.10,', '  "a": 1E+400,', '  "b": "\\u0041\\n"', "}"]);
  });

  test.each([
    ['{"a":{"b":"unfin', ["{", '  "a": {', '    "b": "unfin']],
    ['[1,"\\', ["[", "  1,", '  "\\']],
    ['[1,2', ["[", "  1,", "  2"]],
    ['{"a"', ["{", '  "a"']],
    ['{"a":', ["{", '  "a": ']],
  ])("show a text that breaks off: %s", (text, lines) => {
    expect(drawn(jsonLines(text))).toEqual(lines);
  });

  test.each(["]]}},,", "hello world", "1 2 3", '{"a" 1 [2] "b": : 3}', "{'a': NaN, // no\n}", "", "\u0000", '"a": {"b"'])(
    "lose nothing of what is no JSON: %j",
    (text) => {
      expect(drawn(jsonLines(text)).join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
    },
  );

  test("are apart where values follow each other on lines of their own", () => {
    expect(drawn(jsonLines('{"a":1}\n{"a":2}\n3\n4'))).toEqual(["{", '  "a": 1', "}", "{", '  "a": 2', "}", "3", "4"]);
  });

  test("know what a folded line hides", () => {
    const lines = jsonLines('{"a":[1,[2],3],"b":0}');
    const [, list] = lines;
    expect(list).toMatchObject({ children: 3, closing: "],", key: '"a": ' });
    expect(lines[list?.end ?? 0]?.key).toBe('"b": ');
    expect(lines[0]).toMatchObject({ children: 2, end: lines.length, closing: "}" });
  });

  test("have the kinds of their values", () => {
    expect(jsonLines('["a",-1,true,{}]').map(({ kind }) => kind)).toEqual(["mark", "string", "number", "word", "mark", "mark"]);
  });

  test.each([
    ["10,000 deep", "[".repeat(10_000) + "1".repeat(236_000) + "]".repeat(10_000), 20_001],
    ["brackets only", "[".repeat(256 * 1024), 256 * 1024],
    ["objects", '{"a":'.repeat(50_000), 50_001],
    ["closing brackets", "]".repeat(256 * 1024), 256 * 1024],
    ["100,000 numbers", `[${Array(100_000).fill("1").join(",")}]`, 100_002],
    ["one string", `"${"\\n".repeat(128 * 1024)}"`, 1],
    ["spaces", " ".repeat(256 * 1024), 0],
  ])("of a large text are found at once: %s", (_, text, count) => {
    let lines: Line[] = [];
    expect(cpuTime(() => (lines = jsonLines(text)))).toBeLessThan(1000);
    expect(lines).toHaveLength(count);
    expect(seen(lines, "none").indices).toHaveLength(Math.min(count, 2000));
  });
});

describe("folding", () => {
  test("shows three levels below the outermost, and no long list", () => {
    const lines = jsonLines(JSON.stringify({ a: { b: { c: { d: 1 } } }, long: Array.from({ length: 101 }, () => 0) }));
    expect(seen(lines, "some").indices.map((index) => lines[index]?.key || lines[index]?.text)).toEqual(
      ["{", '"a": ', '"b": ', '"c": ', "}", "}", '"long": ', "}"],
    );
  });

  test("leaves the outermost list open, but shows only so many lines", () => {
    const { indices, hasMore } = seen(jsonLines(JSON.stringify(Array(3000).fill(0))), "some");
    expect([indices.length, hasMore]).toEqual([2000, true]);
  });

  test("of all leaves the outermost lines", () => {
    expect(seen(jsonLines('{"a":[1]}\n[2]'), "all")).toEqual({ indices: [0, 5], hasMore: false });
  });
});

describe("lines of YAML", () => {
  const text = ["a: 1", "# about b", "b:", "- x: 0x10", "  y: 'z # w'", "- 2", "", "c:", "    d: {e: f}", "g: |", "  text", "   more"];

  test("are as deep as they are far in, and items are below their key", () => {
    expect(yamlLines(text.join("\n")).map(({ depth }) => depth)).toEqual([0, 0, 0, 1, 2, 1, 0, 0, 1, 0, 1, 2]);
  });

  test("keep each line's text, but for how far in it is", () => {
    expect(yamlLines(`${text.join("\r\n")}\r\n`).map(({ key, text: value }) => key + value)).toEqual(
      text.map((line) => line.trimStart()),
    );
  });

  test("have keys and kinds", () => {
    const kinds = yamlLines("a: 1\n- b: text\n# c\n'd e': true\nhttp://x").map(({ key, kind }) => [key, kind]);
    expect(kinds).toEqual([["a: ", "number"], ["- b: ", "string"], ["", "comment"], ["'d e': ", "word"], ["", "string"]]);
  });

  test.each(["- ".repeat(128 * 1024), Array.from({ length: 700 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), "a".repeat(256 * 1024), "'".repeat(256 * 1024), "\n".repeat(256 * 1024), "a:\n".repeat(80_000)])(
    "of a large text are found at once: %#",
    (large) => {
      expect(cpuTime(() => yamlLines(large))).toBeLessThan(1000);
    },
  );
});
