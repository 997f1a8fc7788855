import { fileURLToPath } from 'node:url';

/** Arguments to node that switch a guard of the worker off. */
export function nodeArguments(sabotage: string | undefined): string[] {
  return sabotage === undefined ? [] : ['--import', fileURLToPath(new URL('register.js', import.meta.url))];
}
