/**
 * Numbers in few characters.
 *
 * @module
 */

const UNITS = ["", "k", "M", "G", "T"];

/** A count in eight characters, such as `   12.3k`. */
export function formatCount(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 9999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}${UNITS[unit]}`.padStart(8);
}

/** A time, such as `12.3µs`, `4.56ms` or `1.2s`, in at most seven characters. */
export function formatMs(ms: number): string {
  if (ms < 0.9995) return `${precise(ms * 1000)}µs`;
  if (ms < 999.5) return `${precise(ms)}ms`;
  return ms < 99_950
    ? `${precise(ms / 1000)}s`
    : `${Math.round(ms / 60_000)}min`;
}

function precise(value: number): string {
  return value < 9.995
    ? value.toFixed(2)
    : value < 99.95
    ? value.toFixed(1)
    : value.toFixed(0);
}

/** A time of running, such as `3 min` or `2 d 4 h`. */
export function formatUptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
