// @vitest-environment jsdom
import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import type { FileItem, Preview, TextPreview } from "../api";
import { cpuTime } from "./cpu.test.helper";
import { linkUrl } from "./markdownElements";
import { PreviewView } from "./PreviewView";
import { TextDiff } from "./TextDiff";

afterEach(cleanup);

const EVIL = `<script>alert(1)</script><img src=//evil.test/x onerror=alert(1)>"'\`</td></pre></iframe><svg/onload=alert(1)>`;
const ITEM = { name: `a"b'<i>/c`, version: 1 };
const FILE: FileItem = { path: `x/${EVIL}/../?#%`, size: 1, sha256: "", media_type: "text/html" };
const text = (type: TextPreview["type"], content: string, language: string | null = null): Preview => ({
  type, text: content, language, size: 10 ** 9, is_cut: true,
});
const show = (preview: Preview) => render(<PreviewView item={ITEM} file={FILE} preview={preview} />).container;

/** Nothing runs, and what the page may ask for is the server's own. */
function expectHarmless(container: HTMLElement): void {
  const own = new URL("airflow-artifacts/", document.baseURI).href;
  for (const element of container.querySelectorAll("*")) {
    expect(["SCRIPT", "OBJECT", "EMBED", "STYLE", "LINK", "BASE", "FORM", "SVG", "I"]).not.toContain(element.tagName.toUpperCase());
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^on|srcdoc|srcset|^action|^ping/);
      if (name === "src") expect(value.startsWith(own)).toBe(true);
      if (name === "href") expect(value).toMatch(/^(https?|mailto):/);
      if (name === "style") expect(value).not.toContain("url");
    }
    if (element.getAttribute("target")) expect(element.getAttribute("rel")).toBe("noopener noreferrer");
  }
}

const PREVIEWS: [string, Preview][] = [
  ["table", {
    type: "table", format: EVIL, columns: [{ name: EVIL, type: EVIL }], total_columns: 2, rows: [[EVIL], [null], []], total_rows: null,
    note: EVIL,
  }],
  ["text", text("text", EVIL)],
  ["code", text("code", EVIL, "xml")],
  ["code in a strange language", text("code", EVIL, EVIL)],
  ["markdown", text("markdown", `# ${EVIL}\n\n${EVIL}\n\n|${EVIL}|\n|-|\n\n\`\`\`${EVIL}\n${EVIL}\n\`\`\`\n`)],
  ["markdown with front matter", text("markdown", `---\n${EVIL}\n---\n${EVIL}`)],
  ["json", text("json", JSON.stringify({ [EVIL]: [EVIL] }))],
  ["yaml", text("yaml", `${EVIL}: ${EVIL}\n`)],
  ["image", { type: "image" }],
  ["audio", { type: "audio" }],
  ["video", { type: "video" }],
  ["pdf", { type: "pdf" }],
  ["html", { type: "html" }],
  ["facts", { type: "facts", facts: [{ name: EVIL, value: EVIL }] }],
  ["none", { type: "none", reason: EVIL }],
];

test.each(PREVIEWS)("hostile texts do nothing: %s", (_, preview) => {
  const container = show(preview);
  for (const box of container.querySelectorAll("input")) expectHarmless((fireEvent.click(box), container));
  expectHarmless(container);
  if (!["image", "audio", "video", "pdf", "html"].includes(preview.type)) expect(container.textContent).toContain("<script>alert(1)");
});

test("hostile texts do nothing when they are compared", () => {
  const { container } = render(<TextDiff left={`a\n${EVIL}`} right={`a\n${EVIL}!`} labels={[EVIL, EVIL]} />);
  expectHarmless(container);
  expect(container.textContent).toContain(EVIL);
});

test("a frame with HTML may do nothing at all, and names nobody", () => {
  const frame = show({ type: "html" }).querySelector("iframe");
  expect(frame?.getAttribute("sandbox")).toBe("");
  expect(frame?.getAttribute("referrerpolicy")).toBe("no-referrer");
});

describe("links", () => {
  test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\nscript:x", "data:text/html,x", "vbscript:x", "file:///x", "blob:x", "/dags", "//evil.test", "#a", "x", ""])(
    "that lead elsewhere than to the web or to mail do not exist: %j",
    (href) => {
      expect(linkUrl(href)).toBeNull();
      const container = show(text("markdown", `[a](<${href}>)\n\n[b]\n\n<${href}>\n\n[b]: ${href}`));
      expect(container.querySelectorAll(".aa-markdown a")).toHaveLength(0);
    },
  );

  test("to the web and to mail say where they lead", () => {
    const container = show(text("markdown", "[a](https://user@host.test/x) <mailto:a@b.test> [c](http://x.test:8/)"));
    const links = [...container.querySelectorAll<HTMLAnchorElement>(".aa-markdown a")];
    expect(links.map(({ title }) => title)).toEqual(["host.test", "a@b.test", "x.test:8"]);
    expect(links.every(({ rel, target }) => rel === "noopener noreferrer" && target === "_blank")).toBe(true);
  });

  test("of images are text", () => {
    const container = show(text("markdown", "![an *alt*](https://evil.test/x.png) [![b](data:image/png;base64,AA)](https://b.test)"));
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain("[image: an *alt*] (https://evil.test/x.png)");
  });
});

const BOMBS = [">", "*", "[", "![", "- ", "> - ", "`", "**a *b ", "[a](", "a`", "[[a]", "# a\n", "- - a\n", "* a\n", "**_", "  - a\n", "<", "|a", "*a* "];
test.each([...BOMBS.map((bomb) => [bomb, bomb.repeat(256 * 1024 / bomb.length)]), ["table", `|${"a|".repeat(500)}\n|${"-|".repeat(500)}\n${"|\n".repeat(20_000)}`]])(
  "a document that goes deep is shown in time: %j",
  (_, document) => {
    let container: HTMLElement | undefined;
    expect(cpuTime(() => (container = show(text("markdown", document ?? ""))))).toBeLessThan(8000);
    expect(container?.querySelectorAll("*").length).toBeLessThan(25_000);
    expect(container?.textContent).toContain("Show it as text to see more.");
  },
  60_000,
);
