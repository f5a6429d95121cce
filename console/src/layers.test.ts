// What may import what: no circle of files, none of folders, and nothing shared that knows a feature.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect, test } from "vitest";

const ROOT = import.meta.dirname;
const SHARED = ["api", "common"];

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"),
);

function importsOf(file: string): string[] {
  const found = readFileSync(join(ROOT, file), "utf8").matchAll(/(?:from |import\()"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => {
    const target = normalize(join(dirname(file), path));
    const is = files.find((one) => one.replace(/(\.d)?\.tsx?$/, "") === target);
    if (!is) throw new Error(`${file} imports ${path}, which is not there`);
    return is;
  });
}

const folderOf = (file: string) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : file);
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const folders = new Set(files.map(folderOf));

/** A way from something back to itself. */
function circle(all: Iterable<string>, next: (one: string) => string[]): string[] | null {
  const clear = new Set<string>();
  const walk = (one: string, path: string[]): string[] | null => {
    if (path.includes(one)) return [...path.slice(path.indexOf(one)), one];
    if (clear.has(one)) return null;
    for (const other of next(one)) {
      const found = walk(other, [...path, one]);
      if (found) return found;
    }
    clear.add(one);
    return null;
  };
  for (const one of all) {
    const found = walk(one, []);
    if (found) return found;
  }
  return null;
}

function foldersOf(folder: string): string[] {
  const own = files.filter((file) => folderOf(file) === folder);
  const found = own.flatMap((file) => imports.get(file) ?? []).map(folderOf);
  return [...new Set(found)].filter((one) => one !== folder);
}

test("no file imports itself by way of others", () => {
  expect(circle(files, (file) => imports.get(file) ?? [])).toBeNull();
});

test("no feature imports one that imports it", () => {
  expect(circle(folders, foldersOf)).toBeNull();
});

test("what is shared knows no feature", () => {
  expect(SHARED.flatMap(foldersOf).filter((folder) => !SHARED.includes(folder))).toEqual([]);
});
