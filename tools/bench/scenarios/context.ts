import { Blocks } from '../../../src/blocks/blocks.js';
import { CONTEXT_KINDS, type ContextKind } from '../../../src/blocks/context/kinds.js';
import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { loadConfig } from '../../../src/config/config.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import type { TestDatabase } from '../../../test/support/test-database.js';
import { deterministicVector } from '../../stand-in/deterministic-brain.js';
import { textOf } from '../blocks.js';
import { figure, type Bench, type Figure, type Scenario } from '../scenario.js';

/** The setting `path` reads all headings of a note. */
const BLOCKS_PER_NOTE = 1_000;
const BLOCKS_PER_HEADING = 10;
const NOTES = 60;
const BATCH_SIZE = 10;
/** Of each setting, one after the other. */
const ROUNDS = 10;
const BATCHES_PER_ROUND = 20;

/** Greatest ratio to the time with `headings`. */
const TARGETS: Readonly<Record<ContextKind, number | undefined>> = { headings: undefined, title: 1.1, path: 2 };

/** Ids of a batch, near the ends of their notes: those of a backfill are in one note, edits are anywhere. */
const BATCHES = {
  'one note': (n: number, batch: number) => 801 + batch * BATCH_SIZE + n,
  'ten notes': (n: number, batch: number) => 801 + ((batch + n * 2) % NOTES) * BLOCKS_PER_NOTE + batch * 7 + n,
};

/** Measures what the context costs the database: the time of claim and store, without jobs and without any worker. */
export const context: Scenario = {
  name: 'context',
  what: 'database time of claim and store per ten blocks, by PALDOCS_EMBEDDING_CONTEXT, in notes of 1,000 blocks',
  async measure(bench) {
    const db = await bench.server.createDatabase();
    const postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'bench', poolSize: 1 });
    try {
      await insertNotes(db, bench.options.seed);
      const { tables } = loadConfig({ PALDOCS_DATABASE_URL: db.url, PALDOCS_BLOCKS_POSITION_COLUMN: 'position' });
      const table = await inspectBlocks(postgres, tables);
      const figures: Figure[] = [];
      for (const where of Object.keys(BATCHES) as (keyof typeof BATCHES)[]) {
        const times = await measureAll(bench, db, postgres, table, where);
        figures.push(...CONTEXT_KINDS.flatMap((kind) => figuresOf(kind, where, times)));
      }
      return figures;
    } finally {
      await postgres.close();
      await db.drop();
    }
  },
};

/** Milliseconds for ten blocks, by setting and round. */
type Times = Readonly<Record<ContextKind, readonly number[]>>;

async function measureAll(
  bench: Bench,
  db: TestDatabase,
  postgres: Postgres,
  table: Blocks['table'],
  where: keyof typeof BATCHES,
): Promise<Times> {
  const times: Record<ContextKind, number[]> = { headings: [], title: [], path: [] };
  for (let round = 0; round < (bench.options.quick ? 1 : ROUNDS); round += 1) {
    // Not always in the same order: what the one leaves in the table, the next one reads.
    const kinds = CONTEXT_KINDS.map((_, i) => CONTEXT_KINDS[(i + round) % CONTEXT_KINDS.length] ?? 'headings');
    for (const kind of kinds) {
      const blocks = new Blocks(postgres, { ...table, context: kind });
      times[kind].push(await measureRound(db, postgres, blocks, where));
    }
    bench.print(`context, ${where}: round ${round + 1}`);
  }
  return times;
}

async function measureRound(
  db: TestDatabase,
  postgres: Postgres,
  blocks: Blocks,
  where: keyof typeof BATCHES,
): Promise<number> {
  const batches = Array.from({ length: BATCHES_PER_ROUND }, (_, batch) =>
    Array.from({ length: BATCH_SIZE }, (__, n) => String(BATCHES[where](n, batch))),
  );
  await db.query(`UPDATE blocks SET embedding_status = 'pending' WHERE id = ANY ($1)`, [batches.flat()]);
  await db.query('VACUUM blocks');
  await db.query('SELECT pg_stat_statements_reset()');
  for (const ids of batches) await claimAndStore(postgres, blocks, ids);
  const [row] = await db.query<{ ms: number }>(
    `SELECT sum(total_exec_time)::float8 AS ms FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
      WHERE d.datname = current_database() AND query ~ 'blocks' AND query !~ 'pg_stat|VACUUM'`,
  );
  return (row?.ms ?? Number.NaN) / BATCHES_PER_ROUND;
}

async function claimAndStore(postgres: Postgres, blocks: Blocks, ids: readonly string[]): Promise<void> {
  const { claimed } = await blocks.claim(postgres, ids, 1_000_000, false);
  const stored = await postgres.transaction(async (tx) => {
    await blocks.lock(tx, ids);
    return await blocks.store(
      tx,
      claimed.map(({ id, fingerprint }) => ({ id, fingerprint, vector: VECTOR })),
    );
  });
  if (stored.length !== BATCH_SIZE) throw new Error(`${stored.length} of ${BATCH_SIZE} blocks were stored`);
}

const VECTOR = Float32Array.from(deterministicVector('a block', 768));

async function insertNotes(db: TestDatabase, seed: number): Promise<void> {
  await db.query('ALTER TABLE blocks ADD position integer, DISABLE TRIGGER USER');
  await db.query(`CREATE INDEX blocks_headings ON blocks (note_id) WHERE block_type = 'heading'`);
  await db.query(`INSERT INTO notes (title) SELECT 'Note ' || n FROM generate_series(1, ${NOTES}) n`);
  const texts = Array.from({ length: BLOCKS_PER_NOTE }, (_, n) =>
    JSON.stringify(
      n % BLOCKS_PER_HEADING === 0 ? { text: `About subject number ${n}`, level: 1 + ((n / 10) % 3) } : textOf(seed, n),
    ),
  );
  for (let note = 1; note <= NOTES; note += 1) {
    await db.query(
      `INSERT INTO blocks (note_id, block_type, content, position)
       SELECT $1, CASE WHEN (place - 1) % ${BLOCKS_PER_HEADING} = 0 THEN 'heading' ELSE 'paragraph' END, text::jsonb, place
         FROM unnest($2::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place`,
      [note, texts],
    );
  }
  await db.query('VACUUM (ANALYZE) blocks');
}

function figuresOf(kind: ContextKind, where: string, times: Times): Figure[] {
  const time = figure(`${kind}, blocks of ${where}: claim and store`, 'ms', times[kind]);
  const target = TARGETS[kind];
  if (target === undefined) return [time];
  const ratios = times[kind].map((ms, round) => ms / (times.headings[round] ?? Number.NaN));
  return [time, figure(`${kind}, blocks of ${where}: ratio to headings`, '', ratios, { atMost: target })];
}
