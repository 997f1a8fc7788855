import { readFileSync } from 'node:fs';
import { EnvError } from 'envalid';

/** Returns a secret. Call it for each use, because a file may have been replaced in the meantime. Never show it. */
export type Secret = () => string;

/**
 * A secret from `NAME`, or from the file that `NAME_FILE` names, as Kubernetes mounts it. Surrounding white space is
 * removed. The file is read again for each use; while it cannot be read, the last content is used.
 *
 * @returns undefined if neither is set
 * @throws EnvError if both are set, or if the file cannot be read or is empty; never with its content
 */
export function secretFrom(environment: NodeJS.ProcessEnv, name: string): Secret | undefined {
  const value = environment[name];
  const path = environment[`${name}_FILE`];
  if (path === undefined) return value === undefined ? undefined : () => value;
  if (value !== undefined) throw new EnvError(`${name} is set as well: give only one of them`);
  let last = readSecret(path);
  return () => {
    try {
      last = readSecret(path);
    } catch {
      // It is being replaced or was removed: the last content either works or is rejected by the server.
    }
    return last;
  };
}

function readSecret(path: string): string {
  const secret = readTextFile(path).trim();
  if (secret === '') throw new EnvError(`${path} is empty`);
  return secret;
}

/** @throws EnvError that names the file and the reason why it cannot be read */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // fs throws nothing else
    throw new EnvError(`${path} cannot be read (${code ?? String(error)})`);
  }
}
