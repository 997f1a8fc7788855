import { rm } from 'node:fs/promises';
import type { RunOptions } from './options.js';
import { runCrucible } from './run.js';
import { SABOTAGES, sabotageNamed } from './sabotage/sabotages.js';

export interface Proof {
  readonly guard: string;
  readonly what: string;
  readonly breaks: readonly number[];
  /** The invariants that were reported as violated. */
  readonly reported: readonly number[];
  readonly first: string | undefined;
  readonly seconds: number;
  readonly proven: boolean;
}

/** The fastest guards, with at least one for each invariant. */
const QUICK = ['no-check', 'no-fence', 'standard-policy', 'no-sweep', 'no-gate', 'other-column', 'no-splitting'];

/** Switches each guard off, each in its own run, and reports whether the checks noticed. @param names `all`, `quick`, or names */
export async function prove(names: string, base: RunOptions, print: (line: string) => void): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const guard of guardsNamed(names)) {
    const { what, breaks, run } = sabotageNamed(guard);
    const started = performance.now();
    const { violations, logDirectory } = await runCrucible({ ...base, ...run, sabotage: guard }, () => undefined);
    const reported = [...new Set(violations.map(({ invariant }) => invariant))].sort();
    const relevant = violations.filter(({ invariant }) => breaks.includes(invariant));
    const proof: Proof = {
      guard,
      what,
      breaks,
      reported,
      first: relevant[0]?.what,
      seconds: Math.round((performance.now() - started) / 1000),
      proven: relevant.length > 0,
    };
    print(describe(proof));
    if (proof.proven)
      await rm(logDirectory, { recursive: true, force: true }); // they show only what was expected
    else if (violations.length > 0) print(`logs of the workers: ${logDirectory}`);
    proofs.push(proof);
  }
  return proofs;
}

function guardsNamed(names: string): readonly string[] {
  if (names === 'quick') return QUICK;
  return names === 'all' ? Object.keys(SABOTAGES) : names.split(',');
}

function describe({ guard, what, breaks, reported, first, seconds, proven }: Proof): string {
  const found = `invariants ${reported.join(', ') || 'none'}${first === undefined ? '' : `: ${first}`}`;
  return `${proven ? 'noticed' : 'NOT NOTICED'} ${guard} (${what}; breaks ${breaks.join(' or ')}): ${found} (${seconds} s)`;
}
