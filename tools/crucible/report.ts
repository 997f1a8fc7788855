import type { LongRunResult } from './long-run.js';
import type { RunResult } from './run.js';
import { INVARIANTS } from './violation.js';

/** A run's result as text. */
export function reportOf(result: RunResult): string {
  const { seed, violations, injected, writes, stored, blocks, latency, resumption, ended } = result;
  const lines = violations.flatMap(({ invariant, what, blockId, details, history = [] }) => [
    `VIOLATION of invariant ${invariant} (${INVARIANTS[invariant]}): ${what}${blockId === undefined ? '' : `: block ${blockId}`}`,
    ...(details === undefined ? [] : [`  ${JSON.stringify(details)}`]),
    ...history.map((line) => `    ${line}`),
  ]);
  const faults = Object.values(injected).reduce((sum, count) => sum + count, 0);
  lines.push(
    `writes:   ${writes.writes} changes of blocks; ${writes.rolledBack} transactions rolled back, ${writes.lost} interrupted by a fault`,
    `faults:   ${faults} injected: ${list(injected)}`,
    `stored:   ${stored} vectors; status of the blocks at the end: ${list(blocks)}`,
    `quiet:    no work was left ${result.quietAfterSeconds.toFixed(1)} s after the last fault; a status differed from its job for at most ${result.longestMismatchSeconds.toFixed(1)} s`,
    `edits:    ${slowest('stored', latency, 'edits far from any fault')}`,
    `recovery: ${slowest('work resumed', resumption, 'faults that blocked all work')}`,
    `workers:  ${ended.expected} ended by a signal of the crucible, ${ended.atStart} ended during their start, ${ended.killedAfterGrace} needed SIGKILL after SIGTERM`,
  );
  if (violations.length > 0) lines.push(`logs:     ${result.logDirectory}`);
  lines.push(`seed ${seed}: ${violations.length === 0 ? 'all invariants hold' : `${violations.length} VIOLATIONS`}`);
  return lines.join('\n');
}

/** The result of a long run as text. */
export function longReportOf({ faults, runs, injected, changes, stored, failed }: LongRunResult): string {
  return [
    `faults:   ${faults} in ${runs} runs: ${list(injected)}`,
    `writes:   ${changes} changes of blocks; ${stored} vectors stored`,
    ...failed.map(({ seed, variant, why }) => `FAILED:   seed ${seed} (${variant}): ${why}`),
    failed.length === 0 ? 'all invariants hold in every run' : `${failed.length} of ${runs} runs FAILED`,
  ].join('\n');
}

function slowest(verb: string, { checked, slowestMs }: RunResult['latency'], what: string): string {
  if (checked === 0) return `not checked: no ${what}`;
  return `${verb} after at most ${Math.round(slowestMs)} ms (${what}: ${checked})`;
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
