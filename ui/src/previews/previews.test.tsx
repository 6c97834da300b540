// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import type { FileItem, TablePreview, TextPreview } from "../api";
import { FoldingView } from "./FoldingView";
import { PreviewView } from "./PreviewView";
import { TableView } from "./TableView";
import { TextDiff } from "./TextDiff";

afterEach(cleanup);

const ITEM = { name: "reports/scores", version: 3 };
const FILE: FileItem = { path: "a b.txt", size: 1, sha256: "", media_type: "text/plain" };
const URL_OF_FILE = new URL("airflow-artifacts/artifacts/reports/scores@3/files/a%20b.txt", document.baseURI).href;
const show = (preview: Parameters<typeof PreviewView>[0]["preview"]) =>
  render(<PreviewView item={ITEM} file={FILE} preview={preview} />).container;
const text = (over: Partial<TextPreview>): TextPreview => ({ type: "text", text: "", language: null, size: 0, is_cut: false, ...over });
const table = (over: Partial<TablePreview>): TablePreview => ({
  type: "table", format: "csv", columns: [{ name: "a", type: "int64" }], total_columns: 1, rows: [["1"]], total_rows: 1, note: null, ...over,
});

describe("a table", () => {
  test("says how much of it is shown", () => {
    const rows = Array.from({ length: 100 }, () => ["1"]);
    render(<TableView table={table({ rows, total_rows: 1_234_567, total_columns: 10_000, note: "Read from afar." })} caption="t" />);
    const name = "t first 100 of 1,234,567 rows, 1 of 10,000 columns Read from afar.";
    const region = screen.getByRole("region");
    expect(document.getElementById(region.getAttribute("aria-labelledby") ?? "")?.textContent).toBe(name);
    expect(region.tabIndex).toBe(0);
  });

  test.each([
    [{ total_rows: null }, "first 1 row, 1 column"],
    [{}, "1 row, 1 column"],
    [{ rows: [], total_rows: 0 }, "0 rows, 1 column"],
  ])("says it where it is whole or nobody knows: %j", (over, said) => {
    const { container } = render(<TableView table={table(over)} caption="t" />);
    expect(container.querySelector("p")?.textContent).toBe(`t ${said}`);
  });

  test("tells a value that is not there from an empty one", () => {
    render(<TableView table={table({ rows: [[null], [""]] })} caption="t" />);
    expect(screen.getAllByRole("cell").map(({ textContent }) => textContent)).toEqual(["no value", ""]);
  });

  test("hides the end of a long cell until it is asked for", () => {
    render(<TableView table={table({ rows: [[`${"x".repeat(999)}END`]] })} caption="t" />);
    expect(screen.getByRole("cell").textContent).not.toContain("END");
    fireEvent.click(screen.getByRole("button", { name: "all 1,002 characters" }));
    expect(screen.getByRole("cell").textContent).toContain("END");
  });
});

describe("a folding view", () => {
  test("folds and unfolds a line, and says which it is", () => {
    const { container } = render(<FoldingView text='{"a":{"b":1},"c":2}' format="json" />);
    const button = screen.getByRole("button", { name: '"a": {', expanded: true });
    fireEvent.click(button);
    expect(button.getAttribute("aria-expanded")).toBe("false");
    expect(container.textContent).toContain('"a": { … 1 item },"c": 2');
    fireEvent.click(screen.getByRole("button", { name: "Fold all" }));
    expect(container.textContent).not.toContain('"c"');
    fireEvent.click(screen.getByRole("button", { name: "Unfold all" }));
    expect(container.textContent).toContain('"b": 1');
  });

  test("shows two thousand lines, and two thousand more", () => {
    const { container } = render(<FoldingView text={JSON.stringify(Array(3000).fill(7))} format="json" />);
    const lines = () => container.querySelectorAll(".aa-fold-line").length;
    expect(lines()).toBe(2000);
    // By its text: a search by role would look at each of the lines' styles.
    fireEvent.click(screen.getByText("Show 2,000 more lines"));
    expect(lines()).toBe(3002);
    expect(screen.queryByText("Show 2,000 more lines")).toBeNull();
  }, 60_000);
});

describe("a text", () => {
  test("that is cut says so and can be downloaded", () => {
    const container = show(text({ text: "a\nb", size: 1e9, is_cut: true }));
    expect(container.textContent).toContain("The first 3 B of 1.0 GB are shown.");
    expect(screen.getByRole<HTMLAnchorElement>("link").href).toBe(URL_OF_FILE);
    expect(container.textContent).toContain("2 lines shown");
  });

  test.each([["a\nb\n", "2 lines"], ["a", "1 line"], ["", "0 lines"], ["\n\n", "2 lines"]])("has its lines counted: %j", (content, count) => {
    expect(show(text({ text: content })).querySelector(".aa-preview-note")?.textContent).toBe(count);
  });

  test("wraps or does not", () => {
    const container = show(text({ text: "a" }));
    fireEvent.click(screen.getByRole("checkbox", { name: "Wrap lines" }));
    expect(container.querySelector("pre")?.className).toBe("aa-text");
  });

  test.each(["json", "yaml", "markdown"] as const)("in %s is seen as it is on demand", (type) => {
    const container = show(text({ type, text: "#  a   b" }));
    fireEvent.click(screen.getByRole("checkbox", { name: "Show as text" }));
    expect(container.querySelector("pre")?.textContent).toBe("#  a   b");
  });

  test("in Markdown has its headings below the page's, its lists, tables and code", () => {
    const container = show(text({ type: "markdown", text: "# a\n#### b\n1. x\n\n|h|\n|:-:|\n|d|\n\n```py\nif 1: x\n```\n\n**s** ~~t~~\n" }));
    const html = container.querySelector(".aa-markdown")?.innerHTML ?? "";
    for (const part of ["<h4>a</h4>", "<h6>b</h6>", '<ol start="1"><li>x</li></ol>', '<td style="text-align: center;">d</td>', '<span class="aa-hl-keyword">if </span>', "<strong>s</strong> <s>t</s>"]) {
      expect(html).toContain(part);
    }
  });

  test("with front matter shows it as code", () => {
    const container = show(text({ type: "markdown", text: "---\nlicense: mit\n---\n# Card\n" }));
    expect([container.querySelector("pre")?.textContent, container.querySelector("h4")?.textContent]).toEqual(["license: mit", "Card"]);
  });
});

describe("media", () => {
  test("come from the server's URL for showing", () => {
    const container = show({ type: "image" });
    expect(container.querySelector("img")?.src).toBe(`${URL_OF_FILE}?inline=true`);
    expect(container.querySelector("img")?.alt).toBe("a b.txt");
  });

  test.each([["image", "img"], ["audio", "audio"], ["video", "video"]] as const)("that are broken say so: %s", (type, tag) => {
    const container = show({ type });
    const element = container.querySelector(tag);
    if (element) fireEvent.error(element);
    expect(screen.getByRole("alert").textContent).toContain("cannot be shown. Download a b.txt");
  });

  test("of another file start anew", () => {
    const { container, rerender } = render(<PreviewView item={ITEM} file={FILE} preview={{ type: "image" }} />);
    const broken = container.querySelector("img");
    if (broken) fireEvent.error(broken);
    rerender(<PreviewView item={ITEM} file={{ ...FILE, path: "b.png" }} preview={{ type: "image" }} />);
    expect(container.querySelector("img")?.alt).toBe("b.png");
  });

  test("that are PDF have a frame with a name, and a download", () => {
    const container = show({ type: "pdf" });
    expect(container.querySelector("iframe")?.title).toBe("Content of a b.txt");
    expect(container.querySelector("iframe")?.hasAttribute("sandbox")).toBe(false);
    expect(screen.getByRole<HTMLAnchorElement>("link").href).toBe(URL_OF_FILE);
  });
});

describe("facts and nothing", () => {
  test("facts are terms and their descriptions", () => {
    show({ type: "facts", facts: [{ name: "shape", value: "(3, 4)" }] });
    expect([screen.getByRole("term").textContent, screen.getByRole("definition").textContent]).toEqual(["shape", "(3, 4)"]);
  });

  test("what has no preview says why and can be downloaded", () => {
    expect(show({ type: "none", reason: "Too strange." }).textContent).toBe("Too strange. Download a b.txt");
  });
});

describe("differences", () => {
  test("have marks and words, and what is the same is folded", () => {
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`);
    const { container } = render(<TextDiff left={lines.join("\n")} right={lines.with(20, "other\r").join("\n")} labels={["v1", "v2"]} />);
    const rows = () => [...container.querySelectorAll("tr")].map(({ textContent }) => textContent);
    expect(rows()).toContain("21-removedline 20");
    expect(rows()).toContain("21+addedother␍");
    expect(rows()).toHaveLength(10);
    fireEvent.click(screen.getByRole("button", { name: "Show 17 unchanged lines" }));
    expect(rows()).toHaveLength(26);
  });

  test("that are none are said to be none", () => {
    expect(render(<TextDiff left="a" right="a" labels={["v1", "v2"]} />).container.textContent).toBe("The texts are the same.");
  });

  test("that are too many are said to be too many", () => {
    const many = (mark: string) => Array.from({ length: 3000 }, (_, at) => mark + at).join("\n");
    const { container } = render(<TextDiff left={many("a")} right={many("b")} labels={["v1", "v2"]} />);
    expect(container.textContent).toContain("differ too much");
    expect(container.textContent).toContain("v1 has 3,000 lines");
  });
});
