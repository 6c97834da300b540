/** How previews look. The app says which colours `--aa-*` are, in light and dark. */

/** A colour that is dark on a light page and light on a dark one: half of it is the text's. */
const inked = (colour: string): string => `color-mix(in srgb, ${colour} 50%, var(--aa-fg))`;

const tint = (colour: string): string => `color-mix(in srgb, ${colour} 16%, var(--aa-bg))`;

export const previewStyles = `
.aa-preview, .aa-diff-view, .aa-table-view { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.5rem; }
.aa-preview p, .aa-preview dl, .aa-preview figure { margin: 0; }
.aa-preview-note, .aa-column-type { color: var(--aa-fg-muted); }
.aa-preview-bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; }
.aa-preview-caption { margin: 0; overflow-wrap: anywhere; }
.aa-preview-cut { border-inline-start: 3px solid var(--aa-accent); padding-inline-start: 0.5rem; overflow-wrap: anywhere; }
.aa-preview-inline { border: 0; padding: 0; background: none; color: var(--aa-accent); font: inherit; text-decoration: underline; cursor: pointer; }
.aa-preview-more { justify-self: start; }
.aa-preview-facts { display: grid; gap: 0.25rem; }
.aa-preview-facts > div { display: grid; grid-template-columns: minmax(8rem, 1fr) 3fr; gap: 0.75rem; }
.aa-preview-facts dt { color: var(--aa-fg-muted); }
.aa-preview-facts dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }

.aa-table-scroll, .aa-text-scroll, .aa-fold-lines, .aa-diff-scroll {
  position: relative; overflow: auto; max-height: 70vh; border: 1px solid var(--aa-border); border-radius: 4px; background: var(--aa-bg); color: var(--aa-fg);
}
.aa-table-scroll:focus-visible, .aa-text-scroll:focus-visible, .aa-fold-lines:focus-visible, .aa-diff-scroll:focus-visible {
  outline: 2px solid var(--aa-accent); outline-offset: 1px;
}
.aa-table-scroll table { border-collapse: separate; border-spacing: 0; }
.aa-table-scroll th, .aa-table-scroll td {
  padding: 0.25rem 0.6rem; max-width: 24rem; text-align: start; vertical-align: top; white-space: pre-wrap;
  /* Not "anywhere": a narrow column keeps its words whole, since the table may be wider than the page. */
  overflow-wrap: break-word; unicode-bidi: isolate; border-bottom: 1px solid var(--aa-border);
}
.aa-table-scroll th { position: sticky; top: 0; z-index: 1; background: var(--aa-bg-muted); }
.aa-column-type { display: block; font-weight: normal; font-size: 0.85em; }

.aa-text-scroll pre, .aa-markdown pre { margin: 0; padding: 0.6rem; font-size: 0.85em; line-height: 1.5; tab-size: 4; }
.aa-text-scroll code, .aa-markdown code, .aa-fold-lines, .aa-diff-text, .aa-diff-mark { font-family: ui-monospace, Menlo, Consolas, monospace; }
.aa-text { white-space: pre; }
.aa-wrapped { white-space: pre-wrap; overflow-wrap: anywhere; }

.aa-fold { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.5rem; }
.aa-fold-lines { padding: 0.5rem 0.5rem 0.5rem 2.2ch; font-size: 0.85em; line-height: 1.5; }
.aa-fold-line { position: relative; min-height: 1.5em; white-space: pre-wrap; overflow-wrap: anywhere; }
.aa-fold-button {
  display: inline-block; width: 2ch; margin-inline-start: -2ch; border: 0; padding: 0; background: none; color: var(--aa-fg-muted);
  font: inherit; text-align: start; cursor: pointer;
}

.aa-markdown { overflow-wrap: anywhere; line-height: 1.55; max-width: 60rem; }
.aa-markdown > * { margin: 0.6rem 0; }
.aa-markdown :is(h4, h5, h6) { font-weight: 600; line-height: 1.3; margin: 1rem 0 0.4rem; }
.aa-markdown h4 { font-size: 1.3em; }
.aa-markdown h5 { font-size: 1.12em; }
.aa-markdown h6 { font-size: 1em; }
.aa-markdown :is(ul, ol) { padding-inline-start: 1.6rem; }
.aa-markdown ul { list-style: disc; }
.aa-markdown ol { list-style: decimal; }
.aa-markdown blockquote { margin-inline: 0; padding-inline-start: 0.75rem; border-inline-start: 3px solid var(--aa-border); color: var(--aa-fg-muted); }
.aa-markdown a { color: var(--aa-accent); text-decoration: underline; }
.aa-markdown code { background: var(--aa-bg-muted); font-size: 0.9em; }
.aa-markdown pre { overflow: auto; background: var(--aa-bg-muted); border-radius: 4px; }
.aa-markdown pre code { font-size: inherit; }
.aa-markdown table { display: block; overflow: auto; border-collapse: collapse; }
.aa-markdown :is(th, td) { border: 1px solid var(--aa-border); padding: 0.25rem 0.6rem; overflow-wrap: normal; }
.aa-markdown hr { border: 0; border-top: 1px solid var(--aa-border); }

.aa-diff { border-collapse: collapse; width: 100%; font-size: 0.85em; line-height: 1.5; }
.aa-diff td { padding: 0 0.5rem; vertical-align: top; }
.aa-diff-number { width: 1%; text-align: end; color: var(--aa-fg-muted); user-select: none; font-variant-numeric: tabular-nums; }
.aa-diff-mark { width: 1%; }
.aa-diff-text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.aa-diff-removed { background: ${tint("var(--aa-bad)")}; }
.aa-diff-added { background: ${tint("var(--aa-good)")}; }
.aa-diff-fold { background: var(--aa-bg-muted); }
.aa-diff-removed .aa-diff-number, .aa-diff-added .aa-diff-number { color: var(--aa-fg); }

.aa-picture { display: grid; gap: 0.25rem; justify-items: start; }
.aa-picture img {
  max-width: 100%; max-height: 70vh; border: 1px solid var(--aa-border);
  /* What is see-through is seen to be so, and neither black nor white ink is lost. */
  background: repeating-conic-gradient(#b4b4b4 0 25%, #c8c8c8 0 50%) 0 0 / 16px 16px;
}
.aa-media { max-width: 100%; max-height: 70vh; }
.aa-frame { width: 100%; height: 70vh; border: 1px solid var(--aa-border); background: #fff; }

.aa-hl-comment, .aa-hl-mark { color: var(--aa-fg-muted); }
.aa-hl-comment { font-style: italic; }
.aa-hl-keyword, .aa-hl-word { color: ${inked("#a020c8")}; }
.aa-hl-string { color: ${inked("#1f9d3a")}; }
.aa-hl-number { color: ${inked("#d2691e")}; }
.aa-hl-name { color: ${inked("#1f6feb")}; }
.aa-hl-meta { color: ${inked("#0f8f8f")}; }
.aa-hl-added { color: ${inked("var(--aa-good)")}; }
.aa-hl-removed { color: ${inked("var(--aa-bad)")}; }
`;
