// Turns the fonts that Cloudscape's styles carry inside into files: the server's Content-Security-Policy allows no
// data: fonts, and styles without them are there sooner.
import { createHash } from "node:crypto";

import type { Plugin } from "vite";

const INLINED = /url\(["']?data:(?:application|font)\/[^;,)]*?woff2?[^,)]*;base64,([A-Za-z0-9+/=]+)["']?\)/g;

export function fontFiles(): Plugin {
  return {
    name: "font-files",
    apply: "build",
    generateBundle(_options, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== "asset" || !asset.fileName.endsWith(".css")) continue;
        const css = typeof asset.source === "string" ? asset.source : new TextDecoder().decode(asset.source);
        asset.source = css.replace(INLINED, (_all, base64: string) => {
          const source = Buffer.from(base64, "base64");
          const fileName = `assets/font-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.woff`;
          this.emitFile({ type: "asset", fileName, source });
          return `url(/${fileName})`;
        });
        if (asset.source.includes("url(data:")) this.warn(`${asset.fileName} still holds a data: address`);
      }
    },
  };
}
