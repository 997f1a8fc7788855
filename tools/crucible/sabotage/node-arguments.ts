import { fileURLToPath } from 'node:url';
import type { RunOptions } from '../options.js';

/** Arguments to node that change the worker as CRUCIBLE_SABOTAGE and CRUCIBLE_SLICE_PAGES tell. */
export function nodeArguments({ sabotage, slicePages }: Pick<RunOptions, 'sabotage' | 'slicePages'>): string[] {
  return sabotage === undefined && slicePages === 0
    ? []
    : ['--import', fileURLToPath(new URL('register.js', import.meta.url))];
}
