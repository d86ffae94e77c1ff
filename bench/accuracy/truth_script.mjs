// What the script files of a folder import, by dependency-cruiser and the resolver that
// it brings (enhanced-resolve, webpack's).
//
//   node truth_script.mjs NODE_MODULES FOLDER
//
// Prints one JSON document. Every file is asked for with the tsconfig.json nearest above
// it, as its compiler would have it.

import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder] = process.argv.slice(2);
process.chdir(folder);
const bring = (file) => import(pathToFileURL(path.join(modules, "dependency-cruiser", file)).href);
const { cruise } = await bring("src/main/index.mjs");
const { default: extractTSConfig } = await bring("src/config-utl/extract-ts-config.mjs");
const version = createRequire(import.meta.url)(path.join(modules, "dependency-cruiser/package.json")).version;

const code = /\.(?:[cm]?[jt]s|[jt]sx|vue)$/;

// Files by the tsconfig.json that counts for them; "" is none.
const groups = new Map();
function walk(dir, config) {
  const here = path.join(dir, "tsconfig.json");
  if (fs.existsSync(here)) config = here;
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const name = path.join(dir, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git") walk(name, config);
    else if (entry.isFile() && code.test(entry.name)) {
      if (!groups.has(config)) groups.set(config, []);
      groups.get(config).push(name);
    }
  }
}
walk(".", "");

const edges = new Map();
const resolved = [];
const unresolved = [];
const failed = [];
const read = new Set();
for (const [config, files] of groups) {
  const options = {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ".*" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
    moduleSystems: ["es6", "cjs", "tsd", "amd"],
  };
  let tsConfig;
  if (config) {
    try {
      tsConfig = extractTSConfig(config);
      options.tsConfig = { fileName: path.resolve(config) };
    } catch (e) {
      failed.push([config, String(e.message ?? e)]);
    }
  }
  let result;
  try {
    result = await cruise(files, options, { ...options.enhancedResolveOptions, tsConfig: options.tsConfig?.fileName }, { tsConfig });
  } catch (e) {
    failed.push([config || ".", String(e.message ?? e)]);
    continue;
  }
  const mine = new Set(files);
  for (const module of result.output.modules) {
    if (!mine.has(module.source)) continue;
    read.add(module.source);
    for (const d of module.dependencies) {
      if (d.couldNotResolve) unresolved.push([module.source, d.module]);
      else if (!d.coreModule) {
        resolved.push([module.source, d.module, d.resolved]);
        const key = JSON.stringify([module.source, d.resolved]);
        if (!edges.has(key)) edges.set(key, [module.source, d.resolved, `${d.module} (${d.dependencyTypes.join(", ")})`]);
      }
    }
  }
}
process.stdout.write(JSON.stringify({ version, files: read.size, read: [...read], edges: [...edges.values()], resolved, unresolved, failed }));
