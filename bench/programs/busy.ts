/**
 * Computes until it is killed; prints a line when it has begun.
 *
 * @module
 */

console.log("busy");
// A loop that never ended would keep the line from being written.
setInterval(() => {
  const end = performance.now() + 1_000;
  while (performance.now() < end);
});
