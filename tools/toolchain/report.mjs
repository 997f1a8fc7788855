import process from 'node:process';

/** An error that the user has to fix, so it is shown without a stack. */
export class ToolchainError extends Error {}

/** Writes one line to stderr. */
export function report(message) {
  process.stderr.write(`toolchain: ${message}\n`);
}

/** Runs `work`, and reports what it does and how long it took. */
export function timed(what, work) {
  const start = Date.now();
  report(`${what} …`);
  const result = work();
  report(`${what}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
