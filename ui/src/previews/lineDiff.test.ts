import { expect, test } from "vitest";
import { cpuTime } from "./cpu.test.helper";
import { diffRows, stretchesOf, type DiffRow } from "./lineDiff";

const drawn = (rows: DiffRow[] | null) =>
  rows?.map(({ kind, left, right, text }) => `${left ?? ""}|${right ?? ""}|${{ same: "=", removed: "-", added: "+" }[kind]}${text}`);
const numbers = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`);

test("removed and added lines have the numbers of their side", () => {
  expect(drawn(diffRows("a\nb\nc", "a\nB\nc\nd"))).toEqual(["1|1|=a", "2||-b", "|2|+B", "3|3|=c", "|4|+d"]);
});

test("a line break at the end is a difference of one empty line", () => {
  expect(drawn(diffRows("a", "a\n"))).toEqual(["1|1|=a", "|2|+"]);
});

test("the rows of either side make that side's text", () => {
  const [left, right] = [numbers(500), numbers(500).filter((_, at) => at % 7).map((line, at) => (at % 11 ? line : `${line}!`))];
  const rows = diffRows(left.join("\n"), right.join("\n")) ?? [];
  expect(rows.filter(({ kind }) => kind !== "added").map(({ text }) => text)).toEqual(left);
  expect(rows.filter(({ kind }) => kind !== "removed").map(({ text }) => text)).toEqual(right);
});

test("lines far from a change are folded, and three beside it are not", () => {
  const left = numbers(30);
  const rows = diffRows(left.join("\n"), left.with(15, "other").join("\n")) ?? [];
  const stretches = stretchesOf(rows).map(({ start, rows: some, isFolded }) => [start, some.length, isFolded]);
  expect(stretches).toEqual([[0, 12, true], [12, 8, false], [20, 11, true]]);
});

test.each([
  ["nothing in common", "a\n".repeat(128 * 1024), "b\n".repeat(128 * 1024), true],
  ["all lines other", numbers(25_000).join("\n"), numbers(25_000).map((line) => `${line}!`).join("\n"), true],
  ["reversed", numbers(25_000).join("\n"), numbers(25_000).toReversed().join("\n"), true],
  ["one line each", "a".repeat(256 * 1024), "b".repeat(256 * 1024), false],
  ["one line of many", numbers(25_000).join("\n"), numbers(25_000).with(12_000, "other").join("\n"), false],
])("large texts take no longer than they may: %s", (_, left, right, isTooMuch) => {
  let rows: DiffRow[] | null = [];
  const find = () => {
    rows = diffRows(left, right);
    if (rows) stretchesOf(rows);
  };
  expect(cpuTime(find)).toBeLessThan(2000);
  expect(rows === null).toBe(isTooMuch);
});
