import { describe, expect, it } from "vitest";
import { formatCounted, formatNumber, formatSize, formatTime, startOfDay, webUrl } from "./format";

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9951, "10 kB"],
    [12345, "12 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [5e9, "5.0 GB"],
    [3e18, "3000 PB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe("times", () => {
  it("are written in the reader's zone", () => {
    expect(formatTime(new Date(2026, 0, 2, 3, 4, 5).toISOString())).toBe("2026-01-02 03:04:05");
  });
  it("stay what they are if they are none", () => {
    expect(formatTime("<soon>")).toBe("<soon>");
  });
  it("begin a day where the reader is, over the end of a month", () => {
    expect(startOfDay("2026-01-31")).toBe(new Date(2026, 0, 31).toISOString());
    expect(startOfDay("2026-01-31", 1)).toBe(new Date(2026, 1, 1).toISOString());
  });
  it.each(["", "2026-1-1", "now", "2026-01-01T00:00"])("do not begin %j, which is no day", (day) => {
    expect(startOfDay(day)).toBeUndefined();
  });
});

it("counts one thing and many", () => {
  expect(formatCounted(1, "file")).toBe("1 file");
  expect(formatCounted(12345, "file is", "files are")).toBe("12,345 files are");
});

it("leaves out digits that say nothing", () => {
  expect(formatNumber(0.1 + 0.2)).toBe("0.3");
});

it.each(["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "file:///etc", "/relative", "", null])(
  "links to nothing but the web: not to %j",
  (url) => {
    expect(webUrl(url)).toBeNull();
  },
);

it("links to the web", () => {
  expect(webUrl("https://huggingface.co/datasets/a/b")).toBe("https://huggingface.co/datasets/a/b");
});
