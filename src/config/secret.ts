import { readFileSync } from 'node:fs';
import { EnvError } from 'envalid';

/** A secret, asked for whenever it is needed: one in a file may have been replaced meanwhile. It is never shown. */
export type Secret = () => string;

/**
 * A secret from `NAME`, or from the file that `NAME_FILE` names, as Kubernetes mounts it: without the white space around
 * it. A file is read again each time; while it cannot be, its last content holds.
 *
 * @returns undefined where neither is set
 * @throws EnvError when both are, or the file cannot be read or is empty; never with what it holds
 */
export function secretFrom(environment: NodeJS.ProcessEnv, name: string): Secret | undefined {
  const value = environment[name];
  const path = environment[`${name}_FILE`];
  if (path === undefined) return value === undefined ? undefined : () => value;
  if (value !== undefined) throw new EnvError(`${name} is set, too: give one of the two`);
  let last = readSecret(path);
  return () => {
    try {
      last = readSecret(path);
    } catch {
      // It is being replaced, or was taken away: what it held is either still good or will be refused.
    }
    return last;
  };
}

function readSecret(path: string): string {
  const secret = readTextFile(path).trim();
  if (secret === '') throw new EnvError(`${path} is empty`);
  return secret;
}

/** @throws EnvError that names the file, and why it cannot be read */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // fs throws no other
    throw new EnvError(`${path} cannot be read (${code ?? String(error)})`);
  }
}
