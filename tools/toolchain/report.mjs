import process from 'node:process';

/** Something a person has to mend; told without a stack. */
export class ToolchainError extends Error {}

/** One line for people, on stderr. */
export function report(message) {
  process.stderr.write(`toolchain: ${message}\n`);
}

/** Runs `work`, saying before what it is and afterwards how long it took. */
export function timed(what, work) {
  const start = Date.now();
  report(`${what} …`);
  const result = work();
  report(`${what}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
