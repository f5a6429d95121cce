// How the console is built: into dist/, which `cargo build` embeds in the binary.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { firstLoad } from "./first-load.ts";
import { fontFiles } from "./font-files.ts";

// Where `npm run dev` and `npm run preview` find a running `berth serve`.
const berth = process.env.BERTH_URL ?? "http://127.0.0.1:8080";
const proxy = Object.fromEntries(
  // Not changing the origin keeps cookies and the same-origin check as they are in production.
  ["/api", "/v1"].map((path) => [path, { target: berth, changeOrigin: false }]),
);

export default defineConfig({
  plugins: [react(), fontFiles(), firstLoad({ limitKilobytes: 500 })],
  build: {
    // The server's Content-Security-Policy allows no data: fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    // Said by first-load.ts, in the numbers that matter.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy },
  preview: { proxy },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
