import { defineConfig } from "vite";

// The function app serves the page below /api/studio. Files lie flat beside each other, as one route
// serves them all; their names have the hash of their content, so that browsers may keep them.
export default defineConfig({
  base: "/api/studio/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
});
