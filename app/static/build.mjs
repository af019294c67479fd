// Bundles style, script and type into vendor/ under hashed names, also compressed; the manifest has each name.
import { build } from "esbuild";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "vendor");
rmSync(vendor, { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: [join(here, "css/site.css"), join(here, "js/app.js"), join(here, "mark.svg")],
  outdir: vendor,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "copy" },
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  metafile: true,
  logLevel: "warning",
});

const names = Object.keys(metafile.outputs).map((path) => basename(path));
const plain = (name) => name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "");
for (const name of names.filter((name) => /\.(css|js|svg)$/.test(name))) {
  const bytes = readFileSync(join(vendor, name));
  writeFileSync(join(vendor, `${name}.br`), brotliCompressSync(bytes));
  writeFileSync(join(vendor, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
writeFileSync(join(vendor, "manifest.json"), JSON.stringify(Object.fromEntries(names.map((name) => [plain(name), name]))));
