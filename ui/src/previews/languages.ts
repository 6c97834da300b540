/** Languages whose code is coloured, by the names that the server gives them. */
import { c, cpp, csharp, java, kotlin, scala } from "@codemirror/legacy-modes/mode/clike";
import { css, less, sCSS } from "@codemirror/legacy-modes/mode/css";
import { diff } from "@codemirror/legacy-modes/mode/diff";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { go } from "@codemirror/legacy-modes/mode/go";
import { javascript, json, typescript } from "@codemirror/legacy-modes/mode/javascript";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { python } from "@codemirror/legacy-modes/mode/python";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { standardSQL } from "@codemirror/legacy-modes/mode/sql";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { html, xml } from "@codemirror/legacy-modes/mode/xml";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import type { StreamParser } from "@codemirror/streamparser";

/** The state of a parser is its own affair. */
export type Parser = StreamParser<unknown>;

// A parser is given only the state that it made itself, whatever type that is.
const LANGUAGES = new Map(
  Object.entries({
    bash: shell, c, cpp, csharp, css, diff, dockerfile: dockerFile, go, html, ini: properties, java, javascript, json,
    kotlin, less, python, r, ruby, rust, scala, scss: sCSS, sql: standardSQL, toml, typescript, xml, yaml,
    js: javascript, py: python, rs: rust, sh: shell, shell, ts: typescript, yml: yaml,
  }) as [string, Parser][],
);

export const parserOf = (language: string | null): Parser | undefined => LANGUAGES.get(language?.toLowerCase() ?? "");
