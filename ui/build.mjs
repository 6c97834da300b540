/**
 * Builds the two bundles, writes them to the package's folder, or to the one that is named in the command, and says in
 * manifest.json what they are called.
 *
 * `plugin-<hash>.js` is for Airflow's page: it takes React and the router from the globals that Airflow sets.
 * `page-<hash>.js` is for the server's own page and has all that it needs.
 *
 * manifest.json also has `sources`, by which a test tells without Node whether the bundles are what ui/ would build. It is
 * the SHA-256, in hexadecimal, of a line for each file: "<path> <SHA-256 of its content>\n", in UTF-8. The files are
 * build.mjs, package.json, package-lock.json, tsconfig.json and everything below src/ whose name does not contain ".test.";
 * paths are relative to ui/, have "/" between segments and are sorted by their code points.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const folder = fileURLToPath(new URL(".", import.meta.url));
const packaged = fileURLToPath(new URL("../airflow_artifacts/plugin/www/", import.meta.url));
const target = process.argv[2] ? `${resolve(process.argv[2])}/` : packaged;

const hostGlobals = {
  react: "React",
  "react-dom": "ReactDOM",
  "react/jsx-runtime": "ReactJSXRuntime",
  "react-router-dom": "ReactRouterDOM",
};

/** What both bundles have in common; nothing in it depends on the machine or the time. */
const settings = (name, output) => ({
  root: folder,
  configFile: false,
  envDir: false,
  publicDir: false,
  mode: "production",
  logLevel: "warn",
  build: {
    target: "es2022",
    // Newer than the scripts need: the first with light-dark(), which would be rewritten into much more.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: target,
    emptyOutDir: false,
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
    license: { fileName: `${name}-licenses.md` },
    rolldownOptions: {
      input: `${folder}src/${name}.tsx`,
      external: name === "plugin" ? Object.keys(hostGlobals) : [],
      output: { entryFileNames: "[name]-[hash].js", ...output },
    },
  },
});

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

const sources = () => {
  const below = readdirSync(`${folder}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length));
  const paths = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", ...below];
  return sha256(paths.toSorted().map((path) => `${path} ${sha256(readFileSync(folder + path))}\n`).join(""));
};

mkdirSync(target, { recursive: true });
for (const name of readdirSync(target)) {
  if (/^(plugin|page)-.*\.(js|md)$/.test(name)) rmSync(target + name);
}
const manifest = { sources: sources() };
for (const [name, output] of [
  ["plugin", { format: "iife", globals: hostGlobals }],
  ["page", { format: "es", codeSplitting: false }],
]) {
  const built = await build(settings(name, output));
  manifest[name] = built.output.find((chunk) => chunk.isEntry).fileName;
}
writeFileSync(`${target}manifest.json`, `${JSON.stringify(manifest, Object.keys(manifest).toSorted(), 2)}\n`);
