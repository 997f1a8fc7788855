import { DEFAULT_QUEUE } from '../../../src/queue/queue-names.js';
import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { SECOND_MODEL_ENVIRONMENT, SECOND_QUEUE, secondModelSql } from '../../second-model.js';
import { isVectorOf } from '../../stand-in/deterministic-brain.js';
import { launchStandIn } from '../../stand-in/launch.js';
import { editAll, readJobLatencies, type Edit } from '../edits.js';
import { insertEmbedded } from '../embedded-table.js';
import { environmentOf, SCHEMA } from '../embed-pending.js';
import { figure, median, quantile, type Bench, type Figure, type Scenario } from '../scenario.js';
import { BenchWorker, stopAll } from '../worker.js';

const EMBEDDED = 2_000;
const QUICK_EMBEDDED = 200;
const EDITS = 300;
const QUICK_EDITS = 40;
const PER_SECOND = 20;
const WARM_UP_EDITS = 20;
const SEED_OF_WARM_UP = 0;
const TEXT_MS = 5;
const STORED_WITHIN_MS = 60_000;

/** The p95 with two Deployments may be this multiple of the p95 with one, and this much more. */
const MULTIPLE = 1.5;
const MORE_MS = 20;

interface Deployment {
  readonly queue: string;
  readonly embedding: string;
  readonly status: string;
  readonly environment: Readonly<Record<string, string>>;
}

const FIRST: Deployment = {
  queue: DEFAULT_QUEUE,
  embedding: 'embedding',
  status: 'embedding_status',
  environment: {},
};
const SECOND: Deployment = {
  queue: SECOND_QUEUE,
  embedding: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_EMBEDDING_COLUMN,
  status: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_STATUS_COLUMN,
  environment: SECOND_MODEL_ENVIRONMENT,
};

/** Measures what a second Deployment on the same table costs the first, while both follow the same edits. */
export const twoModels: Scenario = {
  name: 'two-models',
  what: 'time from the commit of an edit to the commit of its vectors, with one Deployment and with two on the same table',
  async measure(bench) {
    const one: number[] = [];
    const two: number[] = [];
    const excess: number[] = [];
    for (let run = 0; run < bench.options.runs; run++) {
      const [alone = Number.NaN] = await measureOnce(bench, [FIRST]);
      const both = Math.max(...(await measureOnce(bench, [FIRST, SECOND])));
      one.push(alone);
      two.push(both);
      excess.push(both - MULTIPLE * alone);
      bench.print(`two-models: p95 ${alone.toFixed(1)} ms with one Deployment, ${both.toFixed(1)} ms with two`);
    }
    return figures(one, two, excess);
  },
};

function figures(one: readonly number[], two: readonly number[], excess: readonly number[]): Figure[] {
  return [
    figure('one Deployment: p95', 'ms', one),
    figure('two Deployments: p95 of the slower one', 'ms', two),
    figure('two Deployments: multiple of the p95 of one', '', [median(two) / median(one)]),
    figure(`two Deployments: p95 beyond ${MULTIPLE} times that of one`, 'ms', excess, { atMost: MORE_MS }),
  ];
}

/** @returns the p95 of each Deployment, in ms */
async function measureOnce(bench: Bench, deployments: readonly Deployment[]): Promise<number[]> {
  const { seed, quick, worker: script } = bench.options;
  const db = await bench.server.createDatabase();
  const servers = await Promise.all(deployments.map(() => launchStandIn({ parallel: 1, textMs: TEXT_MS })));
  try {
    await insertEmbedded(db, quick ? QUICK_EMBEDDED : EMBEDDED, seed);
    if (deployments.includes(SECOND)) {
      await db.query(secondModelSql());
      await db.query(`UPDATE blocks SET embedding_v2 = embedding, embedding_v2_status = 'completed'`);
      await db.query('VACUUM (FULL, ANALYZE) blocks');
    }
    const workers: BenchWorker[] = [];
    try {
      for (const [i, { environment }] of deployments.entries()) {
        const server = servers[i];
        if (server !== undefined) workers.push(await BenchWorker.start(script, environmentOf(db, server, environment)));
      }
      await editAndWait(db, deployments, 1, WARM_UP_EDITS, SEED_OF_WARM_UP);
      const edits = await editAndWait(db, deployments, 1 + WARM_UP_EDITS, quick ? QUICK_EDITS : EDITS, seed);
      const p95: number[] = [];
      for (const deployment of deployments) {
        await requireCurrentVectors(db, deployment, edits);
        p95.push(quantile(await readJobLatencies(db, SCHEMA, deployment.queue, edits), 0.95));
      }
      return p95;
    } finally {
      await stopAll(workers);
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await db.drop();
  }
}

/** Edits blocks at `PER_SECOND`, the first of them with the id `from`, and waits until every Deployment has stored their vectors. */
async function editAndWait(
  db: TestDatabase,
  deployments: readonly Deployment[],
  from: number,
  count: number,
  seed: number,
): Promise<Edit[]> {
  const ids = Array.from({ length: count }, (_, i) => String(from + i));
  const edits = await editAll(db, ids, PER_SECOND, seed);
  const waiting = deployments.map(({ status }) => `${status} <> 'completed'`).join(' OR ');
  await db.untilRow<{ n: number }>(
    `SELECT count(*)::int AS n FROM blocks WHERE id = ANY ($1::bigint[]) AND (${waiting})`,
    [ids],
    ({ n }) => n === 0,
    STORED_WITHIN_MS,
  );
  return edits;
}

/** @throws Error naming a block whose vector is not that of its current text */
async function requireCurrentVectors(db: TestDatabase, deployment: Deployment, edits: readonly Edit[]): Promise<void> {
  const rows = await db.query<{ id: string; text: string; vector: string }>(
    `SELECT id::text AS id, content #>> '{}' AS text, ${deployment.embedding}::text AS vector
       FROM blocks WHERE id = ANY ($1::bigint[])`,
    [edits.map(({ id }) => id)],
  );
  for (const { id, text, vector } of rows) {
    if (!isVectorOf(DEFAULT_INSTRUCTION + text, JSON.parse(vector) as number[]))
      throw new Error(`block ${id} has a vector in ${deployment.embedding} that does not match its text`);
  }
}
