import type pg from 'pg';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import { editBlock, expectEmbedded, untilJob } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

/** A heading. Its text comes from two rows: `Old > Old` before the API's transaction, `New > New` after it. */
interface Heading {
  readonly id: string;
  readonly noteId: string;
}

describe.each(['read committed', 'repeatable read', 'serializable'])(
  'with default transaction isolation %s',
  (isolation) => {
    describeWithServer('a transaction of the API', () => {
      const site = useSite({
        prepare: (db) => db.query(`ALTER DATABASE ${db.name} SET default_transaction_isolation = '${isolation}'`),
      });
      let api: pg.Client;
      beforeAll(async () => {
        api = await site().db.connect('the API');
      });
      afterEach(async () => {
        await api.query('ROLLBACK'); // of a test that failed
        expect(site().worker.events.seen.failed).toEqual([]);
        expect(site().worker.log.format('error')).toEqual([]);
      });
      afterAll(() => api.end());

      const renameNote = ({ noteId }: Heading) => api.query(`UPDATE notes SET title = 'New' WHERE id = $1`, [noteId]);
      const editHeading = ({ id }: Heading) => editBlock(site().db, id, { content: 'New' }, api);

      /** Inserts a heading whose vector is about to be stored. */
      async function aboutToBeStored(): Promise<Heading & { store: () => void }> {
        const { db } = site();
        const noteId = await insertNote(db, 'Old');
        const request = hang(site(), 'Old > Old');
        const id = await insertBlock(db, { noteId, type: 'heading', content: 'Old' });
        await request.reached();
        return { id, noteId, store: request.release };
      }

      it.each([
        ['renamed a heading’s note and edited the heading', [renameNote, editHeading]],
        ['edited a heading and renamed its note', [editHeading, renameNote]],
      ] as const)('that has %s, uncommitted when the vector is stored, wins', async (_, changes) => {
        const { db, worker } = site();
        const heading = await aboutToBeStored();
        await api.query('BEGIN ISOLATION LEVEL READ COMMITTED');
        for (const change of changes) await change(heading);
        heading.store();
        await worker.events.until((events) => events.settled('superseded') === 1);
        await api.query('COMMIT');
        await expectEmbedded(db, heading.id, 'New > New');
      });

      it('that has renamed a heading’s note, uncommitted when the vector is stored, and then edits the heading wins', async () => {
        const { db, worker } = site();
        const heading = await aboutToBeStored();
        await api.query('BEGIN ISOLATION LEVEL READ COMMITTED');
        await renameNote(heading);
        heading.store();
        await worker.events.until((events) => events.settled('completed') === 1);
        await editHeading(heading);
        await api.query('COMMIT');
        await expectEmbedded(db, heading.id, 'New > New');
      });

      it('that is rolled back leaves the vector of the old text', async () => {
        const { db, worker } = site();
        const heading = await aboutToBeStored();
        await api.query('BEGIN ISOLATION LEVEL READ COMMITTED');
        await renameNote(heading);
        await editHeading(heading);
        heading.store();
        await worker.events.until((events) => events.settled('superseded') === 1);
        await api.query('ROLLBACK');
        await expectEmbedded(db, heading.id, 'Old > Old');
      });

      it('that deletes the block, uncommitted when the vector is stored, leaves no job behind', async () => {
        const { db, worker } = site();
        const heading = await aboutToBeStored();
        await api.query('BEGIN ISOLATION LEVEL READ COMMITTED');
        await api.query('DELETE FROM blocks WHERE id = $1', [heading.id]);
        heading.store();
        await worker.events.until((events) => events.settled('superseded') === 1);
        await api.query('COMMIT');
        await untilJob(db, heading.id, ({ state, output }) => state === 'completed' && output?.['outcome'] === 'gone');
      });
    });
  },
);

/** The advisory lock at which a store waits between its last statement and its COMMIT. */
const COMMIT_LOCK = 4711;

describeWithServer('an edit between store and commit', () => {
  const site = useSite();
  let api: pg.Client;
  let holder: pg.Client;
  beforeAll(async () => {
    const { db } = site();
    await db.query(`
      CREATE FUNCTION wait_before_commit() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${COMMIT_LOCK});
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER wait_before_commit AFTER UPDATE ON blocks DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.embedding_status = 'completed') EXECUTE FUNCTION wait_before_commit()`);
    api = await db.connect('the API');
    holder = await db.connect('holder');
  });
  afterEach(() => holder.query('SELECT pg_advisory_unlock_all()')); // of a test that failed
  afterAll(async () => {
    await api.end();
    await holder.end();
  });

  const waitsFor = (what: string, application: string) =>
    site().db.untilRow(
      `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = $1 AND application_name LIKE $2 AND state = 'active'`,
      [what, `${application}%`],
      () => true,
    );

  it.each([
    ['', 'Old > New', ''],
    [' of a heading whose note is renamed in the same transaction', 'New > New', `UPDATE notes SET title = 'New';`],
  ])('wins%s', async (_, text, rename) => {
    const { db, worker } = site();
    const noteId = await insertNote(db, 'Old');
    await holder.query('SELECT pg_advisory_lock($1)', [COMMIT_LOCK]);
    const id = await insertBlock(db, { noteId, type: 'heading', content: 'Old' });
    await waitsFor('advisory', 'embedding-worker');

    const edit = api.query(`BEGIN; ${rename} UPDATE blocks SET content = '"New"' WHERE id = ${id}; COMMIT`);
    await waitsFor('transactionid', 'the API');
    await holder.query('SELECT pg_advisory_unlock($1)', [COMMIT_LOCK]);
    await edit;

    await expectEmbedded(db, id, text);
    await worker.events.until((events) => events.settled('completed') === 2);
    expect(worker.events.seen.failed).toEqual([]);
  });
});
