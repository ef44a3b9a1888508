// Compares two folders of built files. Compressed ones count by what is in them: how a compressor
// packs differs from one version of Node.js to the next.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const [committed, fresh] = process.argv.slice(2);
const names = (folder) => readdirSync(folder).sort();
const content = (folder, name) => {
  const bytes = readFileSync(join(folder, name));
  if (name.endsWith(".br")) return brotliDecompressSync(bytes);
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};

const all = [...new Set([...names(committed), ...names(fresh)])];
const different = all.filter((name) => {
  const isThere = names(committed).includes(name) && names(fresh).includes(name);
  return !isThere || !content(committed, name).equals(content(fresh, name));
});
if (different.length) {
  console.error(`${committed} is not what studio/ builds (${different.join(", ")}); scripts/studio builds it`);
  process.exit(1);
}
