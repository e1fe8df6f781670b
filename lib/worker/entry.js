// Loads entry.ts, in a way that `deno test` does not see: otherwise it checks the types of all
// that entry.ts imports again for each worker.
//
// While that is loaded, the event loop runs, and Deno drops messages that nobody listens for. So
// they are kept for main_thread.ts.
const { parentPort } = process.getBuiltinModule("node:worker_threads");
const messages = [];
const keep = ({ data }) => messages.push(data);
parentPort.addEventListener("message", keep);
globalThis[Symbol.for("@loom/runtime/early messages")] = () => {
  parentPort.removeEventListener("message", keep);
  return messages;
};
const importModule = new Function("url", "return import(url)");
await importModule(new URL("./entry.ts", import.meta.url).href);
