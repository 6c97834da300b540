import { expect, it } from "vitest";
import type { FileItem } from "../api";
import { differencesOf } from "./differences";
import { pairsOf } from "./files";

it("says what was added, removed and changed", () => {
  const left = [{ name: "same", value: "1" }, { name: "old", value: "2" }, { name: "other", value: "3" }];
  const right = [{ name: "new", value: "4" }, { name: "other", value: "5" }, { name: "same", value: "1" }];
  expect(differencesOf(left, right)).toEqual([
    { name: "same", change: "same", left: "1", right: "1" },
    { name: "old", change: "removed", left: "2", right: null },
    { name: "other", change: "changed", left: "3", right: "5" },
    { name: "new", change: "added", left: null, right: "4" },
  ]);
});

it("does not say of values that were cut that they are the same", () => {
  const cut = [{ name: "a", value: "beginning", isCut: true }];
  expect(differencesOf(cut, cut)[0]?.change).toBe("same as far as shown");
  expect(differencesOf(cut, [{ name: "a", value: "beginning" }])[0]?.change).toBe("changed");
});

const file = (path: string): FileItem => ({ path, size: 1, sha256: "", media_type: "" });

it("pairs files with the same path", () => {
  expect(pairsOf([file("a"), file("b")], [file("b"), file("c")]).map(({ path }) => path)).toEqual(["b"]);
});

it("pairs two only files, whatever they are called, but not one with many", () => {
  expect(pairsOf([file("a.csv")], [file("b.csv")])).toEqual([{ path: "a.csv", left: file("a.csv"), right: file("b.csv") }]);
  expect(pairsOf([file("a")], [file("b"), file("c")])).toEqual([]);
});
