// Bundles style, script and type into vendor/ under hashed names, also compressed, and the licenses of what is in them;
// the manifest has each name.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "vendor");
rmSync(vendor, { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: [join(here, "css/site.css"), join(here, "js/app.js"), join(here, "js/proof_of_work.js"), join(here, "js/pbkdf2.js"), join(here, "mark.svg"), join(here, "icon.png")],
  outdir: vendor,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "copy", ".png": "copy" },
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  metafile: true,
  logLevel: "warning",
});

const names = Object.keys(metafile.outputs).map((path) => basename(path));
const packages = Object.keys(metafile.inputs).map((path) => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
const licenses = [...new Set(packages.filter(Boolean))].sort().map((path) => {
  const { name, version } = JSON.parse(readFileSync(join(path, "package.json")));
  const file = ["LICENSE", "LICENSE.txt"].map((each) => join(path, each)).find((each) => existsSync(each));
  return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}\n`;
});
names.push(`licenses-${createHash("sha256").update(licenses.join()).digest("hex").slice(0, 8).toUpperCase()}.txt`);
writeFileSync(join(vendor, names.at(-1)), licenses.join("\n\n"));
const plain = (name) => name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "");
for (const name of names.filter((name) => /\.(css|js|svg|txt)$/.test(name))) {
  const bytes = readFileSync(join(vendor, name));
  writeFileSync(join(vendor, `${name}.br`), brotliCompressSync(bytes));
  writeFileSync(join(vendor, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
writeFileSync(join(vendor, "manifest.json"), JSON.stringify(Object.fromEntries(names.map((name) => [plain(name), name]))));
