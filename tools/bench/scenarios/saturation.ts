import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import { launchStandIn } from '../../stand-in/launch.js';
import { insertBlocks, textOf } from '../blocks.js';
import { httpLoop } from '../floors/http-loop.js';
import { memoryFigure } from '../memory.js';
import { figure, type Bench, type Scenario } from '../scenario.js';
import { embedPending, type EmbeddingCost } from '../embed-pending.js';

const BLOCKS = 5_000;
const QUICK_BLOCKS = 200;
/** Like Ollama: one text at a time, and a fixed cost per request. */
const MODEL = { parallel: 1, requestMs: 20, textMs: 5, logSize: 100_000 };
/** The default of PALDOCS_OLLAMA_CONCURRENCY. */
const IN_FLIGHT = 2;

/** The model must never wait for the worker. */
export const saturation: Scenario = {
  name: 'saturation',
  what: 'how busy the worker keeps a model that takes 20 ms per request and 5 ms per text, one at a time',
  async measure(bench) {
    const runs: Run[] = [];
    for (let run = 0; run < bench.options.runs; run++) {
      const last = await measureOnce(bench);
      runs.push(last);
      bench.print(
        `saturation: ${last.done.seconds.toFixed(2)} s, the requests alone ${last.floorSeconds.toFixed(2)} s for ${last.requests} requests`,
      );
    }
    const all = (value: (run: Run) => number) => runs.map(value);
    return [
      figure(
        'utilisation: time of a loop that sends the same requests, divided by the worker’s',
        '',
        all((run) => run.floorSeconds / run.done.seconds),
        { atLeast: 0.97 },
      ),
      figure(
        'throughput',
        'blocks/s',
        all((run) => run.done.blocks / run.done.seconds),
      ),
      figure(
        'floor: throughput of a loop that only sends the requests',
        'blocks/s',
        all((run) => run.done.blocks / run.floorSeconds),
      ),
      figure(
        'texts per request',
        '',
        all((run) => run.texts / run.requests),
      ),
      figure(
        'times each block was embedded',
        '',
        all((run) => run.texts / run.done.blocks),
        { atMost: 1.001 },
      ),
      figure(
        'start, from process to running worker',
        's',
        all((run) => run.done.startSeconds),
        { atMost: 1 },
      ),
      memoryFigure(all((run) => run.done.peakRssBytes)),
    ];
  },
};

interface Run {
  readonly done: EmbeddingCost;
  readonly floorSeconds: number;
  readonly requests: number;
  readonly texts: number;
}

async function measureOnce(bench: Bench): Promise<Run> {
  const { quick, seed } = bench.options;
  const db = await bench.server.createDatabase();
  const standIn = await launchStandIn(MODEL);
  try {
    await insertBlocks(db, quick ? QUICK_BLOCKS : BLOCKS, (n) => textOf(seed, n));
    const done = await embedPending({ bench, db, standIn });
    const sizes = (await standIn.requests()).filter((one) => one.embedded).map((one) => one.texts);
    const texts = sizes.reduce((sum, size) => sum + size, 0);
    const embedded = (await standIn.stats()).textsEmbedded;
    if (texts !== embedded) throw new Error(`the stand-in’s log holds ${texts} of ${embedded} texts: raise logSize`);
    const floor = await httpLoop(standIn.url, requestsOf(sizes, seed), IN_FLIGHT);
    return { done, floorSeconds: floor.seconds, requests: sizes.length, texts };
  } finally {
    await standIn.stop();
    await db.drop();
  }
}

/** Requests with as many texts as the worker's. */
function requestsOf(sizes: readonly number[], seed: number): string[][] {
  let n = 0;
  return sizes.map((size) => Array.from({ length: size }, () => DEFAULT_INSTRUCTION + textOf(seed, n++)));
}
