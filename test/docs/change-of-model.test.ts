import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { SECOND_MODEL_ENVIRONMENT } from '../../tools/second-model.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { isVectorOf, untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';
import { createRole, grant, type WorkerRole } from '../support/worker-role.js';
import { contextTriggers } from './context-triggers.js';

const SECOND_MODEL = 'another-model';
const BLOCKS = 60;
/** The first blocks are not edited: searches look for them. */
const SEARCHED = 10;
const PAUSE_MS = 10;
const TIMEOUT_MS = 60_000;

type Column = 'embedding' | 'embedding_v2';
const DIMENSIONS = { embedding: 768, embedding_v2: 1024 };

interface Step {
  readonly heading: string;
  readonly statements: readonly string[];
}

/** The SQL of each section of the page. */
async function readSteps(): Promise<Step[]> {
  const text = await readFile(new URL('../../docs/change-of-model.md', import.meta.url), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      heading: section.slice(0, section.indexOf('\n')),
      statements: [...section.matchAll(/```sql\n([^]*?)```/g)].map(([, sql = '']) => sql),
    }));
}

/** Edits blocks, renames the note of a heading, and searches, one after the other, until it is stopped. */
class Traffic {
  readonly #db: TestDatabase;
  readonly #ids: readonly string[];
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;
  readonly failures: string[] = [];
  searches = 0;
  edits = 0;
  column: Column = 'embedding';

  constructor(db: TestDatabase, ids: readonly string[]) {
    this.#db = db;
    this.#ids = ids;
    this.#running = Promise.all([this.#repeat(() => this.#edit()), this.#repeat(() => this.#search())]);
  }

  /** Resolves once another edit and another search are done. */
  async goesOn(): Promise<void> {
    const { searches, edits } = this;
    const deadline = Date.now() + TIMEOUT_MS;
    while (this.searches < searches + 2 || this.edits < edits + 2) {
      if (Date.now() > deadline) throw new Error(`no further edit or search: ${this.failures.join('; ')}`);
      await sleep(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await work().catch((error: unknown) => this.failures.push(String(error)));
      await sleep(PAUSE_MS);
    }
  }

  async #edit(): Promise<void> {
    const id = this.#ids[SEARCHED + (this.edits % (BLOCKS - SEARCHED))];
    await this.#db.query(`UPDATE blocks SET content = to_jsonb('edit '::text || $2) WHERE id = $1`, [id, this.edits]);
    await this.#db.query(
      `UPDATE notes SET title = 'title ' || $1::text WHERE id IN (SELECT note_id FROM blocks WHERE block_type = 'heading')`,
      [this.edits],
    );
    this.edits += 1;
  }

  async #search(): Promise<void> {
    const wanted = this.searches % SEARCHED;
    const { column } = this;
    const vector = deterministicVector(DEFAULT_INSTRUCTION + `text ${wanted}`, DIMENSIONS[column]);
    const rows = await this.#db.query<{ id: string }>(
      `SELECT id::text AS id FROM blocks ORDER BY ${column} <=> $1::text::vector LIMIT 3`,
      [JSON.stringify([...vector])],
    );
    if (rows[0]?.id !== this.#ids[wanted])
      this.failures.push(`search in ${column} for text ${wanted} found ${JSON.stringify(rows)}`);
    this.searches += 1;
  }
}

describeWithServer('docs/change-of-model.md, with workers, edits and searches going on,', () => {
  let db: TestDatabase;
  let role: WorkerRole;
  let servers: StandIn[];
  let first: TestWorker;
  let second: TestWorker | undefined;
  let traffic: Traffic;
  beforeEach(async () => {
    db = await createDatabase();
    role = await createRole(db);
    await grant(db, role, 'role.sql');
    servers = await Promise.all([
      startStandIn(),
      startStandIn({ model: SECOND_MODEL, nativeDimensions: DIMENSIONS.embedding_v2 }),
    ]);
    await db.query(await contextTriggers('headings'));
    const ids = await insertBlocks(db, BLOCKS, { content: (index) => `text ${index}` });
    await insertBlock(db, { type: 'heading', content: 'Heading', noteId: await insertNote(db, 'title') });
    first = await startWorker({ url: role.url }, servers[0] as StandIn);
    second = undefined;
    await untilIdle(db);
    await db.query('CREATE INDEX blocks_embedding_idx ON blocks USING hnsw (embedding vector_cosine_ops)');
    traffic = new Traffic(db, ids);
  });
  afterEach(async () => {
    await traffic.stop();
    await stopWorkers();
    await Promise.all(servers.map((server) => server.stop()));
    await role.drop();
  });

  /** Runs the statements of steps as a migration would, each in turn, with what else the page says in these steps. */
  async function run(steps: readonly Step[]): Promise<void> {
    const migration = await db.connect('the migration');
    try {
      for (const { heading, statements } of steps) {
        await before(heading);
        for (const sql of statements) {
          await migration.query(sql.replaceAll('TO embedding_worker;', `TO ${role.name};`));
          await traffic.goesOn();
        }
      }
    } finally {
      await migration.end();
    }
  }

  async function before(heading: string): Promise<void> {
    if (heading.startsWith('4.')) {
      const environment = { ...SECOND_MODEL_ENVIRONMENT, PALDOCS_EMBEDDING_MODEL: SECOND_MODEL };
      second = await startWorker({ url: role.url }, servers[1] as StandIn, environment);
      await db.untilRow<{ left: number }>(
        'SELECT count(*)::int AS left FROM blocks WHERE embedding_v2 IS NULL',
        [],
        ({ left }) => left === 0,
        TIMEOUT_MS,
      );
    }
    if (heading.startsWith('6.')) traffic.column = 'embedding_v2';
    if (heading.startsWith('7.')) await first.stop();
    if (heading === 'The way back') {
      traffic.column = 'embedding';
      await second?.stop();
    }
    await traffic.goesOn();
  }

  /** Stops the traffic, and checks that this column has the vector of every block's current text. */
  async function expectCurrent(column: Column): Promise<void> {
    await traffic.stop();
    await db.untilRow<{ open: number }>(
      `SELECT count(*)::int AS open FROM blocks WHERE ${column}_status <> 'completed'`,
      [],
      ({ open }) => open === 0,
      TIMEOUT_MS,
    );
    const rows = await db.query<{ text: string; vector: string }>(
      `SELECT CASE WHEN block_type = 'heading' THEN title || ' > ' ELSE '' END || (content #>> '{}') AS text, ${column}::text AS vector
         FROM blocks JOIN notes ON notes.id = note_id`,
    );
    expect(rows).toHaveLength(BLOCKS + 1);
    for (const { text, vector } of rows)
      expect(isVectorOf(JSON.parse(vector) as number[], DEFAULT_INSTRUCTION + text)).toBe(true);
  }

  /** The columns of both pairs that exist, and the queues with jobs or without. */
  async function left(): Promise<{ columns: string[]; queues: string[] }> {
    const columns = await db.query<{ name: string }>(
      `SELECT attname::text AS name FROM pg_attribute
        WHERE attrelid = 'blocks'::regclass AND attname LIKE 'embedding%' AND NOT attisdropped ORDER BY 1`,
    );
    const queues = await db.query<{ name: string }>(
      `SELECT name FROM pgboss.queue WHERE name LIKE 'embed-%' UNION SELECT name FROM pgboss.job WHERE name LIKE 'embed-%' ORDER BY 1`,
    );
    return { columns: columns.map(({ name }) => name), queues: queues.map(({ name }) => name) };
  }

  it('replaces one model by another, and search succeeds at each step', async () => {
    const steps = await readSteps();
    await run(steps.filter(({ heading }) => /^\d/.test(heading)));
    await expectCurrent('embedding_v2');
    expect(traffic.failures).toEqual([]);
    expect(await left()).toEqual({
      columns: ['embedding_v2', 'embedding_v2_status'],
      queues: ['embed-block-v2', 'embed-block-v2-failed'],
    });
    expect([first, second].flatMap((worker) => worker?.log.format('error'))).toEqual([]);
  });

  it('goes back to the first model after the API’s query was switched, and search succeeds at each step', async () => {
    const steps = await readSteps();
    await run(steps.filter(({ heading }) => /^[1-6]/.test(heading) || heading === 'The way back'));
    await expectCurrent('embedding');
    expect(traffic.failures).toEqual([]);
    expect(await left()).toEqual({
      columns: ['embedding', 'embedding_status'],
      queues: ['embed-block', 'embed-block-failed'],
    });
    expect([first, second].flatMap((worker) => worker?.log.format('error'))).toEqual([]);
  });

  it('keeps both columns current until the first Deployment is removed', async () => {
    const steps = await readSteps();
    await run(steps.filter(({ heading }) => /^[1-6]/.test(heading)));
    await expectCurrent('embedding');
    await expectCurrent('embedding_v2');
    expect(traffic.failures).toEqual([]);
    expect(first.events.seen.hold.concat(second?.events.seen.hold ?? [])).toEqual([]);
  });
});
