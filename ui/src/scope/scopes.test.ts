import { expect, it } from "vitest";
import { namingOf, readScope } from "./scopes";

it.each([
  [["d"], { dagId: "d" }, "run"],
  [["d", null, "t"], { dagId: "d", taskId: "t" }, "run"],
  [["d", "r", "", ""], { dagId: "d", runId: "r" }, "task"],
  [["d", "r", "t"], { dagId: "d", runId: "r", taskId: "t" }, "index"],
  [["d", "r", "t", "-1"], { dagId: "d", runId: "r", taskId: "t" }, "index"],
  [["d", "r", "t", "0"], { dagId: "d", runId: "r", taskId: "t", mapIndex: 0 }, "try"],
  [["d", "r", "t", "x"], { dagId: "d", runId: "r", taskId: "t" }, "index"],
] as const)("reads %j as a scope", ([dag, run, task, index], scope, naming) => {
  const found = readScope(dag, run, task, index);
  expect(found).toEqual(scope);
  expect(found && namingOf(found)).toBe(naming);
});

it("has no scope without a DAG", () => {
  expect(readScope(undefined, "r", "t", "1")).toBeNull();
});
