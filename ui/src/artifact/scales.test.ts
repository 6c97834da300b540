import { describe, expect, it } from "vitest";
import { labelsOf, lineOf, pointsOf, ticksOf, type Frame } from "./scales";

const FRAME: Frame = { width: 110, height: 110, left: 5, right: 5, top: 5, bottom: 5 };

describe("ticks", () => {
  it.each([
    [[0, 100], [0, 25, 50, 75, 100]],
    [[0.81, 0.93], [0.8, 0.85, 0.9, 0.95]],
    [[-3, 4], [-4, -2, 0, 2, 4]],
    [[0], [-1, -0.5, 0, 0.5, 1]],
    [[1e-9, 2e-9], [1e-9, 1.25e-9, 1.5e-9, 1.75e-9, 2e-9]],
  ])("of %j are round and around them", (values, ticks) => {
    expect(ticksOf(values)).toEqual(ticks);
  });
  it("of very many values are found", () => {
    expect(ticksOf(Array.from({ length: 500_000 }, (_, index) => index % 101))).toEqual([0, 25, 50, 75, 100]);
  });
  it("of no values are there nevertheless", () => {
    expect(ticksOf([])).toEqual([0, 1]);
  });
  it.each([[[5]], [[-5, -5]], [[1e12, 1e12 + 1]], [[1e300, -1e300]], [[3, 3.0000001]], [[3, 3 + 4e-16]]])("of %j are few and ascend", (values) => {
    const ticks = ticksOf(values);
    expect(new Set(labelsOf(ticks)).size).toBe(ticks.length);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThan(10);
    expect(ticks).toEqual(ticks.toSorted((one, other) => one - other));
    expect(ticks[0]).toBeLessThanOrEqual(Math.min(...values));
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(...values));
  });
});

describe("points", () => {
  it("fill the frame, the greatest at the top", () => {
    expect(pointsOf([0, 10], [0, 10], FRAME)).toEqual([
      { x: 5, y: 105, index: 0, value: 0 },
      { x: 105, y: 5, index: 1, value: 10 },
    ]);
  });
  it("put the only value in the middle", () => {
    expect(pointsOf([5], [0, 10], FRAME)).toEqual([{ x: 55, y: 55, index: 0, value: 5 }]);
  });
  it("are joined by a line that breaks where a value is missing", () => {
    expect(lineOf(pointsOf([0, 10, null, 10, 0], [0, 10], FRAME))).toBe("M5.0,105.0L30.0,5.0M80.0,5.0L105.0,105.0");
  });
});
