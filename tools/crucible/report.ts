import type { RunResult } from './run.js';
import { INVARIANTS } from './violation.js';

/** A run's result for people. */
export function reportOf(result: RunResult): string {
  const { seed, violations, injected, writes, stored, blocks, latency, resumption, ended } = result;
  const lines = violations.flatMap(({ invariant, what, blockId, details, history = [] }) => [
    `VIOLATION of invariant ${invariant} (${INVARIANTS[invariant]}): ${what}${blockId === undefined ? '' : `: block ${blockId}`}`,
    ...(details === undefined ? [] : [`  ${JSON.stringify(details)}`]),
    ...history.map((line) => `    ${line}`),
  ]);
  const faults = Object.values(injected).reduce((sum, count) => sum + count, 0);
  lines.push(
    `writes:   ${writes.writes}, ${writes.rolledBack} transactions rolled back, ${writes.lost} lost their connection`,
    `faults:   ${faults}: ${list(injected)}`,
    `stored:   ${stored} vectors; blocks at the end: ${list(blocks)}`,
    `quiet:    ${result.quietAfterSeconds.toFixed(1)} s after the last fault; a status was ahead of or behind its job for ${result.longestMismatchSeconds.toFixed(1)} s at most`,
    `latency:  ${latency.judged} edits in peace, the slowest ${Math.round(latency.slowestMs)} ms`,
    `resumed:  ${resumption.judged} times after what held all work, after ${Math.round(resumption.slowestMs)} ms at most`,
    `workers:  ${ended.expected} ended by us, ${ended.atStart} ended before they worked, ${ended.overstayed} had to be killed after SIGTERM`,
  );
  if (violations.length > 0) lines.push(`logs:     ${result.logDirectory}`);
  lines.push(`seed ${seed}: ${violations.length === 0 ? 'all invariants hold' : `${violations.length} VIOLATIONS`}`);
  return lines.join('\n');
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
