import { launchStandIn } from '../../stand-in/launch.js';
import { insertBlocks, textOf } from '../blocks.js';
import { memoryFigure } from '../memory.js';
import { figure, median, type Bench, type Figure, type Scenario } from '../scenario.js';
import { embedPending, type EmbeddingCost } from '../embed-pending.js';

interface Load {
  readonly name: string;
  readonly blocks: number;
  /** One block in this many has LARGE_BYTES; 0 for none. */
  readonly largeEvery: number;
}

const LARGE_BYTES = 1_000_000;
const LOADS: readonly Load[] = [
  { name: '100,000 blocks', blocks: 100_000, largeEvery: 0 },
  { name: '10,000 blocks, 50 of 1 MB', blocks: 10_000, largeEvery: 200 },
];
const QUICK_LOADS: readonly Load[] = [
  { name: '2,000 blocks', blocks: 2_000, largeEvery: 0 },
  { name: '300 blocks, 3 of 1 MB', blocks: 300, largeEvery: 100 },
];
/** Parts of a run whose samples are compared: around the first quarter, and the end. */
const QUARTER = [0.25, 0.35] as const;
const END = [0.9, 1] as const;
const MAX_GROWTH = 1.1;

/** The worker must not need more memory after 100,000 blocks than after 25,000, nor more for large texts. */
export const memory: Scenario = {
  name: 'memory',
  what: 'resident memory of a worker at full speed, with the image’s flags',
  async measure(bench) {
    const figures: Figure[] = [];
    for (const load of bench.options.quick ? QUICK_LOADS : LOADS) figures.push(...(await measureLoad(bench, load)));
    return figures;
  },
};

async function measureLoad(bench: Bench, load: Load): Promise<Figure[]> {
  const runs: EmbeddingCost[] = [];
  for (let run = 0; run < bench.options.runs; run++) {
    const last = await measureOnce(bench, load);
    runs.push(last);
    bench.print(`memory ${load.name}: peak ${(last.peakRssBytes / 1e6).toFixed(0)} MB`);
  }
  const at = (part: readonly [number, number]) => runs.map(({ rssBytes }) => medianOf(rssBytes, part));
  const [quarter, end] = [at(QUARTER), at(END)];
  const megabytes = (bytes: readonly number[]) => bytes.map((value) => value / 1e6);
  return [
    memoryFigure(
      runs.map(({ peakRssBytes }) => peakRssBytes),
      `${load.name}: `,
    ),
    figure(`${load.name}: after a quarter`, 'MB', megabytes(quarter)),
    figure(`${load.name}: at the end`, 'MB', megabytes(end)),
    figure(
      `${load.name}: at the end, as a multiple of that after a quarter`,
      '',
      end.map((bytes, i) => bytes / (quarter[i] ?? Number.NaN)),
      { atMost: MAX_GROWTH },
    ),
  ];
}

async function measureOnce(bench: Bench, { blocks, largeEvery }: Load): Promise<EmbeddingCost> {
  const { seed } = bench.options;
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn({ logSize: 10 });
  try {
    await insertBlocks(db, blocks, (n) => {
      return largeEvery > 0 && n % largeEvery === 0 ? largeText(seed, n) : textOf(seed, n);
    });
    // By its own sweep, as after an import, because the queue does not take that many at once.
    return await embedPending({ bench, db, standIn, enqueue: 'sweep' });
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

/** Sentences, like a whole document pasted into a block. */
function largeText(seed: number, n: number): string {
  const sentence = `${textOf(seed, n)}. `;
  return sentence.repeat(Math.ceil(LARGE_BYTES / sentence.length)).slice(0, LARGE_BYTES);
}

function medianOf(samples: readonly number[], [from, to]: readonly [number, number]): number {
  return median(samples.slice(Math.floor(from * samples.length), Math.max(1, Math.ceil(to * samples.length))));
}
