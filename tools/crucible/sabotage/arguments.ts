import { fileURLToPath } from 'node:url';

/** What node is told before the worker's own arguments, so that a guard is switched off. */
export function sabotageArguments(sabotage: string | undefined): string[] {
  return sabotage === undefined ? [] : ['--import', fileURLToPath(new URL('register.js', import.meta.url))];
}
