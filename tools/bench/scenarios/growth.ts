import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import type { EmbeddingCost } from '../embed-pending.js';
import { measureCosts } from '../growth/costs.js';
import { measureLostEdits } from '../growth/lost-edits.js';
import { embedAgain, rateOf } from '../growth/re-embedding.js';
import { measureReadsBesidePass } from '../growth/reads-beside-pass.js';
import { sizesOf } from '../growth/sizes.js';
import { createTable, type GrowthTable } from '../growth/table.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';

/** So that the largest table does not fit, while the pages that the API's reads need do. */
const SHARED_BUFFERS = '1GB';
const SHARE_OF_SMALLEST = 0.9;

/** A larger table must cost nothing but disk space, and a longer pass. */
export const growth: Scenario = {
  name: 'growth',
  what: 'statements, sweeps, commands, throughput and the API’s reads, as the table grows',
  measure: (bench) => bench.server.withSharedBuffers(SHARED_BUFFERS, () => measure(bench)),
};

interface Measured {
  readonly table: GrowthTable;
  readonly runs: EmbeddingCost[];
}

async function measure(bench: Bench): Promise<Figure[]> {
  const sizes = sizesOf(bench.options);
  const standIn = await launchStandIn({ logSize: 10 });
  const measured: Measured[] = [];
  try {
    for (const blocks of sizes.blocks) measured.push({ table: await createTable(bench, blocks), runs: [] });
    // All sizes in turn within each run, so that a machine that slows down affects all of them.
    for (let run = 0; run < bench.options.runs; run++) {
      for (const { table, runs } of measured) {
        const last = await embedAgain(bench, table, sizes.again, standIn, run);
        runs.push(last);
        bench.print(`growth ${table.name}: ${rateOf(last).toFixed(0)} blocks/s`);
      }
    }
    const figures: Figure[] = [];
    for (const { table, runs } of measured) {
      figures.push(...throughputOf(table, runs, measured[0]));
      figures.push(...(await measureCosts(bench, table, standIn, sizes, runs)));
    }
    const largest = measured.at(-1)?.table;
    if (largest !== undefined) figures.push(...(await measureLargest(bench, largest, standIn)));
    return figures;
  } finally {
    await standIn.stop();
    for (const { table } of measured) await table.db.drop();
  }
}

/** What takes minutes, and shows nothing on smaller tables. The status index exists afterwards. */
async function measureLargest(bench: Bench, table: GrowthTable, standIn: LaunchedStandIn): Promise<Figure[]> {
  const sizes = sizesOf(bench.options);
  const reads = await measureReadsBesidePass(bench, table, standIn, sizes.readSeconds);
  return [...reads, ...(await measureLostEdits(bench, table, standIn, sizes))];
}

function throughputOf({ name }: GrowthTable, runs: readonly EmbeddingCost[], smallest: Measured | undefined): Figure[] {
  const throughput = figure(`${name}: throughput`, 'blocks/s', runs.map(rateOf));
  if (smallest === undefined || smallest.table.name === name) return [throughput];
  const shares = runs.map((run, i) => rateOf(run) / rateOf(smallest.runs[i]));
  const what = `${name}: throughput, as a share of that at ${smallest.table.name}`;
  return [throughput, figure(what, '', shares, { atLeast: SHARE_OF_SMALLEST })];
}
