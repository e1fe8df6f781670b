// Loads entry.ts, in a way that `deno test` does not see: otherwise it checks the types of all
// that entry.ts imports again for each worker.
const importModule = new Function("url", "return import(url)");
await importModule(new URL("./entry.ts", import.meta.url).href);
