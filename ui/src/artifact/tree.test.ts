import { expect, it } from "vitest";
import type { FileItem } from "../api";
import { sizeOf, treeOf } from "./tree";

const file = (path: string, size = 1): FileItem => ({ path, size, sha256: "", media_type: "" });

it("puts files into their folders", () => {
  const tree = treeOf([file("a.txt"), file("x/b.txt", 2), file("x/y/c.txt", 3)]);
  expect(tree.files.map(({ name }) => name)).toEqual(["a.txt"]);
  expect(tree.folders.map(({ name, path }) => [name, path])).toEqual([["x", "x"]]);
  expect(tree.folders[0]?.folders[0]?.files.map(({ name }) => name)).toEqual(["c.txt"]);
  expect(sizeOf(tree)).toBe(6);
});

it("makes one folder of those that have nothing but each other", () => {
  const deep = Array.from({ length: 400 }, (_, index) => `d${index}`).join("/");
  const [folder] = treeOf([file(`${deep}/a`), file(`${deep}/b`)]).folders;
  expect(folder).toMatchObject({ name: deep, path: deep, folders: [] });
  expect(folder?.files).toHaveLength(2);
});

it("takes names of an object's own properties for names", () => {
  expect(treeOf([file("__proto__/constructor")]).folders[0]?.name).toBe("__proto__");
});
