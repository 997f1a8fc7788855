import type { LaunchedStandIn } from '../../stand-in/launch.js';
import { environmentOf, forgetJobs, type EmbeddingCost } from '../embed-pending.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Figure } from '../scenario.js';
import { longestStatement, resetStatements, type LongestStatement } from '../statements.js';
import { sweepsUntil } from '../sweeps.js';
import { BenchWorker } from '../worker.js';
import { measureAtRest, type RestCost } from './at-rest.js';
import { measureCommands } from './commands.js';
import { scrape } from './scrape.js';
import { environmentFor, type Sizes } from './sizes.js';
import { settle, type GrowthTable } from './table.js';

const LONGEST_MS = 1_000;

/** What a table of any size costs: a worker's first sweep, a worker at rest, and commands. */
export async function measureCosts(
  bench: Bench,
  table: GrowthTable,
  standIn: LaunchedStandIn,
  sizes: Sizes,
  runs: readonly EmbeddingCost[],
): Promise<Figure[]> {
  const { name, db } = table;
  const env = environmentOf(db, standIn, environmentFor(sizes));
  await settle(db);
  await forgetJobs(db);
  await resetStatements(db);
  const scrapesMs: number[] = [];
  let firstSweepSeconds: number;
  let first: LongestStatement;
  let rest: RestCost;
  const worker = await BenchWorker.start(bench.options.worker, env);
  try {
    firstSweepSeconds = (await sweepsUntil(worker, 1)).seconds;
    first = await longestStatement(db);
    while (scrapesMs.length < sizes.scrapes) scrapesMs.push(await scrape(worker));
    rest = await measureAtRest(bench, db, worker, sizes.idleSeconds);
  } finally {
    await worker.stop();
  }
  const commands = await measureCommands(table, bench.options.worker, env, sizes.repeats);
  const longest: readonly (readonly [string, readonly LongestStatement[]])[] = [
    ['a first sweep', [first]],
    ['a worker at rest', [rest.longest]],
    ['the commands', [commands.longest]],
    [`embedding ${sizes.again.toLocaleString('en')} blocks again`, runs.map((run) => run.longest)],
  ];
  for (const [what, found] of longest) {
    for (const { ms, text } of found)
      bench.print(`growth ${name}: longest of ${what}: ${ms.toFixed(0)} ms: ${text.slice(0, 150)}`);
  }
  const longestMs = longest.map(([what, found]) => [what, found.map(({ ms }) => ms)] as const);
  return [
    figure(`${name}: longest statement`, 'ms', [Math.max(...longestMs.flatMap(([, ms]) => ms))], {
      atMost: LONGEST_MS,
    }),
    ...longestMs.map(([what, ms]) => figure(`${name}: longest statement of ${what}`, 'ms', ms)),
    ...commands.figures,
    figure(`${name}: the first sweep of a worker`, 's', [firstSweepSeconds]),
    figure(`${name}: a sweep at rest`, 's', [rest.sweepSeconds]),
    figure(`${name}: read from the table at rest`, 'MB per minute', [rest.bytesPerMinute / 1e6]),
    figure(`${name}: a scrape of /metrics`, 'ms', scrapesMs),
    figure(`${name}: idle, CPU of the worker`, 's per hour', [rest.idle.workerCpu * 3600]),
    figure(`${name}: idle, CPU of PostgreSQL`, 's per hour', [rest.idle.postgresCpu * 3600]),
    figure(`${name}: idle, statements`, 'per minute', [rest.idle.statements * 60]),
    memoryFigure(
      runs.map(({ peakRssBytes }) => peakRssBytes),
      `${name}: `,
    ),
  ];
}
