import { describe, expect, it } from "vitest";
import { changedParameters, formatRef, listQuery, NO_FILTERS, parseRef, readView } from "./view";

const parameters = (text: string): URLSearchParams => new URLSearchParams(text);

describe("a ref", () => {
  it("is read as it is written", () => {
    const ref = { name: "plots/a.png", version: 3 };
    expect(parseRef(formatRef(ref))).toEqual(ref);
  });
  it.each([null, "", "a", "@1", "a@", "a@0", "a@-1", "a@1.5", "a@1e3", "a@latest"])("is not %j", (text) => {
    expect(parseRef(text)).toBeNull();
  });
});

describe("a view", () => {
  it("of an empty query shows the first page of the latest versions of all", () => {
    const view = readView(parameters(""));
    expect(view).toEqual({ ...NO_FILTERS, sort: "", page: 1, artifact: null, file: null, compare: null });
    expect(listQuery(view)).toMatchObject({ latest: true, offset: 0, limit: 50 });
  });
  it("takes nonsense for nothing", () => {
    expect(readView(parameters("page=-3&compare=x&artifact=y"))).toMatchObject({ page: 1, compare: null, artifact: null });
  });
  it("asks for the page and the whole last day", () => {
    const wanted = listQuery(readView(parameters("page=3&to=2026-01-31&versions=all")));
    expect(wanted).toMatchObject({ offset: 100, latest: false });
    expect(wanted.created_before).toBe(new Date(2026, 1, 1).toISOString());
  });
});

describe("tags and conditions", () => {
  const several = "tag=a&tag=b+c&meta=x%3E1&meta=y%3D%22%26%22";
  it.each([
    ["", [], []],
    ["tag=a&meta=x>1", ["a"], ["x>1"]],
    [several, ["a", "b c"], ["x>1", 'y="&"']],
    ["tag=a&tag=&tag=a&meta=", ["a"], []],
  ])("of %j are all asked for, each once", (text, tag, metadata) => {
    expect(listQuery(readView(parameters(text)))).toMatchObject({ tag, metadata });
  });
  it("are written as they are read, and stay when something else changes", () => {
    expect(changedParameters(parameters(several), { kind: "k", page: 2 }).toString()).toBe(`kind=k&${several}&page=2`);
  });
  it("are added and removed", () => {
    const changed = changedParameters(parameters(`${several}&page=3`), { tag: ["b c", "d", "d"], meta: [] });
    expect(changed.toString()).toBe("tag=b+c&tag=d");
  });
});

describe("a change", () => {
  it("leaves what is not the view's", () => {
    const changed = changedParameters(parameters("dag_id=d&map_index=-1&q=x"), { q: "" });
    expect(changed.toString()).toBe("dag_id=d&map_index=-1");
  });
  it("of the artifact forgets the file and the comparison, but not the list", () => {
    const changed = changedParameters(parameters("artifact=a@1&file=f&compare=2&q=x&page=4"), {
      artifact: { name: "b", version: 7 },
    });
    expect(Object.fromEntries(changed)).toEqual({ artifact: "b@7", q: "x", page: "4" });
  });
  it("of artifact and comparison at once has both", () => {
    const changed = changedParameters(parameters("artifact=a@1&compare=2"), { artifact: { name: "a", version: 2 }, compare: 1 });
    expect(Object.fromEntries(changed)).toEqual({ artifact: "a@2", compare: "1" });
  });
  it.each([{ kind: "image" }, { tag: ["t"] }, { sort: "name" }, { everyVersion: true }])("to %j goes to the first page", (change) => {
    expect(readView(changedParameters(parameters("page=4"), change)).page).toBe(1);
  });
  it("keeps quotes and angle brackets", () => {
    const text = `"<b>&'=+%`;
    expect(readView(parameters(changedParameters(parameters(""), { q: text }).toString())).q).toBe(text);
  });
  it("does not touch the parameters it began with", () => {
    const before = parameters("q=x");
    changedParameters(before, { q: "y" });
    expect(before.toString()).toBe("q=x");
  });
});
