/**
 * Linux error numbers in words; only those that the calls of this folder can return.
 *
 * @module
 */

/** Invalid argument; when setting an affinity: no CPU of the mask can be used. */
export const EINVAL = 22;

const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM (not permitted)",
  2: "ENOENT (no such file)",
  3: "ESRCH (no such thread)",
  4: "EINTR (interrupted)",
  9: "EBADF (not an open file)",
  12: "ENOMEM (out of memory)",
  13: "EACCES (access denied)",
  14: "EFAULT (bad address)",
  20: "ENOTDIR (not a folder)",
  21: "EISDIR (a folder)",
  [EINVAL]: "EINVAL (invalid argument)",
  23: "ENFILE (too many files open)",
  24: "EMFILE (too many files open)",
  34: "ERANGE (too long)",
  38: "ENOSYS (not supported by this kernel)",
};

/** The symbol and meaning of an error number, such as `EINVAL (invalid argument)`. */
export function errnoText(errno: number): string {
  return NAMES[errno] ?? `error number ${errno}`;
}
