import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, isVectorOf } from '../support/worker-blocks.js';
import { get } from '../support/worker-http.js';
import { startWorker, stopWorkers, type TestWorker } from '../support/worker-in-process.js';
import { useSite } from '../support/worker-site.js';

/** Names that work only if each is quoted. */
const RENAMED = `
  CREATE SCHEMA "Knowledge ""Base""";
  ALTER TABLE blocks SET SCHEMA "Knowledge ""Base""";
  ALTER TABLE "Knowledge ""Base""".blocks RENAME TO "Blöcke; --";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME id TO "select";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME note_id TO "note id";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME block_type TO "type";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME content TO "body";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME embedding TO "vector of it";
  ALTER TABLE "Knowledge ""Base"""."Blöcke; --" RENAME embedding_status TO "status";
  ALTER TABLE notes RENAME TO "table";
  ALTER TABLE "table" RENAME id TO "Id";
  ALTER TABLE "table" RENAME title TO "from";
  CREATE OR REPLACE FUNCTION queue_block_embedding() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW."status" := 'pending';
    PERFORM pg_notify('embedding_queue', NEW."select"::text);
    RETURN NEW;
  END $$`;

const ENVIRONMENT = {
  PALDOCS_BLOCKS_TABLE: 'Knowledge "Base".Blöcke; --',
  PALDOCS_BLOCKS_ID_COLUMN: 'select',
  PALDOCS_BLOCKS_NOTE_ID_COLUMN: 'note id',
  PALDOCS_BLOCKS_TYPE_COLUMN: 'type',
  PALDOCS_BLOCKS_CONTENT_COLUMN: 'body',
  PALDOCS_BLOCKS_EMBEDDING_COLUMN: 'vector of it',
  PALDOCS_BLOCKS_STATUS_COLUMN: 'status',
  PALDOCS_NOTES_TABLE: 'table',
  PALDOCS_NOTES_ID_COLUMN: 'Id',
  PALDOCS_NOTES_TITLE_COLUMN: 'from',
  PALDOCS_PGBOSS_SCHEMA: 'queue_2',
  PALDOCS_QUEUE: 'embed/2nd.model-768_dims',
};

/** The same names, quoted as in SQL. */
const QUOTED = {
  ...ENVIRONMENT,
  PALDOCS_BLOCKS_TABLE: '"Knowledge ""Base"""."Blöcke; --"',
  PALDOCS_BLOCKS_ID_COLUMN: '"select"',
  PALDOCS_BLOCKS_NOTE_ID_COLUMN: '"note id"',
  PALDOCS_BLOCKS_TYPE_COLUMN: 'TYPE',
  PALDOCS_BLOCKS_EMBEDDING_COLUMN: '"vector of it"',
  PALDOCS_BLOCKS_STATUS_COLUMN: 'STATUS',
  PALDOCS_NOTES_TABLE: 'PUBLIC."table"',
  PALDOCS_NOTES_ID_COLUMN: '"Id"',
};

for (const [how, environment] of [
  ['unquoted', ENVIRONMENT],
  ['quoted', QUOTED],
] as const) {
  describeWithServer(`with other names of tables, columns and queue schema, given ${how}, a worker`, () => {
    let ollama: StandIn;
    let db: TestDatabase;
    let worker: TestWorker;
    beforeAll(async () => {
      ollama = await startStandIn();
      db = await createDatabase();
      await db.query(RENAMED);
      worker = await startWorker(db, ollama, { ...environment, PALDOCS_RETRY_LIMIT: '0' });
    });
    afterAll(async () => {
      await stopWorkers();
      await ollama.stop();
    });

    it('embeds new and edited blocks', async () => {
      await db.query(`INSERT INTO "table" ("Id", "from") VALUES (1, 'Atlas')`);
      await db.query(
        `INSERT INTO "Knowledge ""Base"""."Blöcke; --" ("select", "note id", "type", "body") VALUES (1, 1, 'heading', '"Sea"')`,
      );
      await untilVectorOf('Atlas > Sea');
      await db.query(`UPDATE "Knowledge ""Base"""."Blöcke; --" SET "body" = '"Land"'`);
      await untilVectorOf('Atlas > Land');
    });

    it('creates its queue in that schema', async () => {
      expect(await db.query(`SELECT nspname FROM pg_namespace WHERE nspname ~* 'boss|queue'`)).toEqual([
        { nspname: 'queue_2' },
      ]);
    });

    it('names its queue in its jobs, its session and its metrics', async () => {
      expect(await db.query(`SELECT DISTINCT name FROM queue_2.job`)).toEqual([{ name: ENVIRONMENT.PALDOCS_QUEUE }]);
      expect(
        await db.query(
          `SELECT count(*)::int AS leaders FROM pg_stat_activity
            WHERE datname = current_database() AND starts_with(application_name, $1)`,
          [`embedding-worker ${ENVIRONMENT.PALDOCS_QUEUE} L `],
        ),
      ).toEqual([{ leaders: 1 }]);
      const { text } = await get(`${worker.url}/metrics`);
      expect(text).toContain(`embedding_total{outcome="completed",queue="${ENVIRONMENT.PALDOCS_QUEUE}"} 2`);
    });

    it('dead-letters a block into its own queue', async () => {
      ollama.faults.add({ preset: 'poison', text: 'Poison' });
      await db.query(`UPDATE "Knowledge ""Base"""."Blöcke; --" SET "body" = '"Poison"'`);
      await db.untilRow<{ name: string }>(
        `SELECT name FROM queue_2.job WHERE state < 'active' AND singleton_key = '1'`,
        [],
        ({ name }) => name === `${ENVIRONMENT.PALDOCS_QUEUE}-failed`,
      );
    });

    async function untilVectorOf(text: string): Promise<void> {
      const row = await db.untilRow<{ status: string; vector: string }>(
        `SELECT status, "vector of it"::text AS vector FROM "Knowledge ""Base"""."Blöcke; --"`,
        [],
        ({ status }) => status === 'completed',
      );
      expect(isVectorOf(JSON.parse(row.vector) as number[], DEFAULT_INSTRUCTION + text)).toBe(true);
    }
  });
}

describeWithServer('with capitals in the name of the queue’s schema, a worker', () => {
  const site = useSite({ environment: { PALDOCS_PGBOSS_SCHEMA: 'QueueOfOurs' } });

  it('embeds a block', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'in capitals' });
    await expectEmbedded(db, id, 'in capitals');
  });
});
