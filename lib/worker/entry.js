// Loads entry.ts. Not by a literal: `deno test` would see it, and check the types of all that
// entry.ts imports again for each worker.
const entry = "./entry.ts";
await import(entry);
