/** Markdown as React elements, made from the parser's tokens: no text of the document ever becomes HTML. */
import MarkdownIt, { type Token } from "markdown-it";
import { createElement, Fragment, type ReactElement, type ReactNode } from "react";
import { CodeText } from "./CodeText";

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });

const TAGS = new Set(
  ["p", "blockquote", "ul", "ol", "li", "em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td", "hr", "br"],
);
/** The page's own headings go down to the third level. */
const HEADING_SHIFT = 3;
/** More elements would make the page slow. */
const MOST_ELEMENTS = 20_000;
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;

/** A URL that a link may lead to, null for any but the web's and mail's. */
export function linkUrl(href: string): URL | null {
  // A relative one would lead into Airflow.
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : null;
}

function Link({ href, children }: { href: string; children: ReactNode }): ReactElement {
  const url = linkUrl(href);
  if (!url) return <span>{children}<span className="aa-preview-note">{` (${href})`}</span></span>;
  const title = url.host || url.pathname;
  return <a href={url.href} title={title} target="_blank" rel="noopener noreferrer">{children}</a>;
}

const Image = ({ alt, src }: { alt: string; src: string }): ReactElement => (
  <span className="aa-preview-note">{`[image: ${alt}] (${src.length > 200 ? `${src.slice(0, 200)}…` : src})`}</span>
);

const attribute = (token: Token, name: string): string => String(token.attrGet(name) ?? "");

function tagOf({ tag, type }: Token): string {
  return type === "heading_open" ? `h${Math.min(6, Number(tag.slice(1)) + HEADING_SHIFT)}` : tag;
}

/** An element that has others in it. */
function around(token: Token, key: number, children: ReactNode[]): ReactElement {
  if (token.type === "link_open") return <Link key={key} href={attribute(token, "href")}>{children}</Link>;
  if (token.type === "heading_open") return createElement(tagOf(token), { key }, children);
  if (token.hidden || !TAGS.has(token.tag)) return <Fragment key={key}>{children}</Fragment>;
  const align = /^text-align:(left|right|center)$/.exec(attribute(token, "style"))?.[1];
  const start = token.tag === "ol" ? Number(attribute(token, "start") || 1) : undefined;
  return createElement(token.tag, { key, start, style: align && { textAlign: align } }, children);
}

/** An element that has no others in it. */
function leaf(token: Token, key: number): ReactNode {
  switch (token.type) {
    case "fence":
    case "code_block":
      return (
        <pre key={key} className="aa-code"><code>
          <CodeText text={token.content} language={token.info.trim().split(/\s/)[0] ?? null} />
        </code></pre>
      );
    case "code_inline":
      return <code key={key}>{token.content}</code>;
    case "image":
      return <Image key={key} alt={token.content} src={attribute(token, "src")} />;
    case "softbreak":
      return "\n";
    case "hr":
    case "hardbreak":
      return createElement(token.tag, { key });
    default:
      return token.content;
  }
}

/** Tokens as elements, as many as are left in `budget`. The parser bounds how deep they are. */
function elementsOf(tokens: Token[], budget: { left: number }): ReactNode[] {
  const open: { token: Token | null; children: ReactNode[] }[] = [{ token: null, children: [] }];
  const add = (node: ReactNode) => open.at(-1)?.children.push(node);
  const close = () => {
    const { token, children } = open.pop() ?? { token: null, children: [] };
    if (token) add(around(token, open.at(-1)?.children.length ?? 0, children));
  };
  for (const token of tokens) {
    if (budget.left <= 0) break;
    budget.left -= 1;
    const key = open.at(-1)?.children.length ?? 0;
    if (token.nesting === 1) open.push({ token, children: [] });
    else if (token.nesting === -1) close();
    else if (token.type === "inline") add(<Fragment key={key}>{elementsOf(token.children ?? [], budget)}</Fragment>);
    else add(leaf(token, key));
  }
  while (open.length > 1) close();
  return open[0]?.children ?? [];
}

/** A document's elements, and whether there were too many to show all. */
export function markdownElements(text: string): { elements: ReactNode; isCut: boolean } {
  const front = FRONT_MATTER.exec(text);
  const budget = { left: MOST_ELEMENTS };
  const elements = elementsOf(parser.parse(text.slice(front?.[0].length ?? 0), {}), budget);
  const head = front?.[1] ? <pre className="aa-code"><code><CodeText text={front[1]} language="yaml" /></code></pre> : null;
  return { elements: <>{head}{elements}</>, isCut: budget.left <= 0 };
}
