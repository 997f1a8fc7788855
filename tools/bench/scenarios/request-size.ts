import { measureEdits, type EditsCase } from '../request-size/edits.js';
import { measureHeldJobs } from '../request-size/held-jobs.js';
import type { Model } from '../request-size/models.js';
import { measureThroughput, type ThroughputCase } from '../request-size/throughput.js';
import type { Figure, Scenario } from '../scenario.js';

/** Named by the milliseconds that a request of n texts takes. */
const CHEAP_TEXTS: Model = { name: '20 + n', requestMs: 20, textMs: 1 };
const USUAL: Model = { name: '26 + 5.5 n', requestMs: 26, textMs: 5.5 };

const SLOWER_MIDWAY: ThroughputCase = {
  model: { ...CHEAP_TEXTS, name: `${CHEAP_TEXTS.name}, 5 × slower midway`, midway: 5 },
  target: 0.9,
};
const THROUGHPUT: readonly ThroughputCase[] = [
  { model: CHEAP_TEXTS, target: 0.85 },
  { model: USUAL, target: 0.9 },
  { model: { name: '5 + n + 0.05 n²', requestMs: 5, textMs: 1, textSquaredMs: 0.05 }, target: 0.9 },
  { model: { name: '10 n', requestMs: 0, textMs: 10 }, target: 0.9 },
  { model: { name: '300 + 2 n', requestMs: 300, textMs: 2 }, target: 0.7 },
  { model: { ...CHEAP_TEXTS, name: '20 + n, lengths varying 20 ×', lengthsVary: true }, target: 0.9 },
  SLOWER_MIDWAY,
  { model: { ...CHEAP_TEXTS, name: `${CHEAP_TEXTS.name}, 5 × faster midway`, midway: 1 / 5 }, target: 0.9 },
  // Once it is slower, nine texts take the quarter of a second that requests may take for the sake of edits.
  { model: { ...USUAL, name: `${USUAL.name}, 5 × slower midway`, midway: 5 } },
  { model: { ...USUAL, name: `${USUAL.name}, 5 × faster midway`, midway: 1 / 5 }, target: 0.9 },
  { model: CHEAP_TEXTS, replicas: 4 },
];
const QUICK_THROUGHPUT: readonly ThroughputCase[] = [
  { model: CHEAP_TEXTS },
  SLOWER_MIDWAY,
  { model: CHEAP_TEXTS, replicas: 2 },
];
const EDITS: readonly EditsCase[] = [
  { model: USUAL, backlog: 25_000 },
  { model: CHEAP_TEXTS, backlog: 75_000 },
];

/** The worker must find the size of its requests by itself. */
export const requestSize: Scenario = {
  name: 'request-size',
  what: 'throughput on servers that take this many ms for a request of n texts, compared with the best of three fixed sizes',
  async measure(bench) {
    const { quick } = bench.options;
    const figures: Figure[] = [];
    for (const one of quick ? QUICK_THROUGHPUT : THROUGHPUT) figures.push(...(await measureThroughput(bench, one)));
    figures.push(...(await measureHeldJobs(bench)));
    for (const one of quick ? EDITS.slice(1) : EDITS) figures.push(...(await measureEdits(bench, one)));
    return figures;
  },
};
