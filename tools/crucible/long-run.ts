import { inspect } from 'node:util';
import type { RunOptions } from './options.js';
import { runCrucible, type RunResult } from './run.js';

/** What the runs of a long run differ in, besides the seed. One after the other, then from the start. */
const VARIANTS: readonly { readonly name: string; readonly run: Partial<RunOptions> }[] = [
  { name: 'two queues, slices of 1 page', run: { queues: 2, slicePages: 1 } },
  { name: 'paths, slices of 2 pages', run: { context: 'path', slicePages: 2 } },
  { name: 'PgBouncer', run: { pgbouncer: true, slicePages: 0 } },
  { name: 'titles, halfvec, slices of 1 page', run: { context: 'title', vectorKind: 'halfvec', slicePages: 1 } },
  { name: 'two queues, PgBouncer, halfvec', run: { queues: 2, pgbouncer: true, vectorKind: 'halfvec', slicePages: 0 } },
  {
    name: 'paths, long requests, slices of 4 pages',
    run: { context: 'path', requestTimeoutSeconds: 60, slicePages: 4 },
  },
];

/** More runs than this that cannot be finished end a long run: the machine is not able to. */
const MAX_UNFINISHED = 5;

export interface LongRunResult {
  readonly faults: number;
  readonly runs: number;
  /** How often each fault was injected. */
  readonly injected: Readonly<Record<string, number>>;
  readonly changes: number;
  readonly stored: number;
  /** Runs that found a violation, or could not be finished. */
  readonly failed: readonly { readonly seed: number; readonly variant: string; readonly why: string }[];
}

/**
 * Repeats the run with the next seeds, each in another variant, until this many faults have been injected.
 *
 * @param report called with the result of each run that was finished
 */
export async function runUntilFaults(
  faults: number,
  base: RunOptions,
  print: (line: string) => void,
  report: (result: RunResult) => void,
): Promise<LongRunResult> {
  const injected: Record<string, number> = {};
  const failed: LongRunResult['failed'][number][] = [];
  let runs = 0;
  let unfinished = 0;
  let total = 0;
  let changes = 0;
  let stored = 0;
  while (total < faults) {
    const variant = VARIANTS[runs % VARIANTS.length] ?? { name: 'defaults', run: {} };
    const seed = base.seed + runs;
    runs++;
    print(`run ${runs}, seed ${seed}: ${variant.name}`);
    try {
      const result = await runCrucible({ ...base, ...variant.run, seed }, () => undefined);
      report(result);
      for (const [name, count] of Object.entries(result.injected)) {
        injected[name] = (injected[name] ?? 0) + count;
        total += count;
      }
      changes += result.writes.writes;
      stored += result.stored;
      const [first] = result.violations;
      if (first !== undefined) failed.push({ seed, variant: variant.name, why: first.what });
    } catch (error) {
      print(inspect(error));
      failed.push({ seed, variant: variant.name, why: error instanceof Error ? error.message : String(error) });
      if (++unfinished > MAX_UNFINISHED) throw error;
    }
    print(`${total} of ${faults} faults in ${runs} runs, ${failed.length} of which failed`);
  }
  return { faults: total, runs, injected, changes, stored, failed };
}
