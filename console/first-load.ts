// Says how much JavaScript a first visit loads, and fails the build when it is too much.
import { gzipSync } from "node:zlib";

import type { Plugin } from "vite";

/** Counts the entry and all it imports statically; what is imported on demand comes later. */
export function firstLoad({ limitKilobytes }: { limitKilobytes: number }): Plugin {
  return {
    name: "first-load",
    apply: "build",
    writeBundle(_options, bundle) {
      const files = new Set<string>();
      const visit = (name: string) => {
        const chunk = bundle[name];
        if (files.has(name) || chunk?.type !== "chunk") return;
        files.add(name);
        chunk.imports.forEach(visit);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry) visit(name);
      }
      let bytes = 0;
      for (const name of files) {
        const chunk = bundle[name];
        if (chunk?.type === "chunk") bytes += gzipSync(chunk.code).length;
      }
      const kilobytes = Math.round(bytes / 1000);
      const told = `first load: ${kilobytes} kB of JavaScript, gzipped (limit ${limitKilobytes} kB)`;
      if (kilobytes > limitKilobytes) this.error(told);
      console.log(told);
    },
  };
}
