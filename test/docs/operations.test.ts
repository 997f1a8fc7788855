import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { askForSweep } from '../support/ask-for-sweep.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { pauseWork } from '../support/pause.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, jobsOf, readBlock, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { sqlBlocks } from './sql-blocks.js';

const ENVIRONMENT = { PALDOCS_RETRY_LIMIT: '0' };

describeWithServer('the SQL in docs/operations.md', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
  });
  afterEach(async () => {
    ollama.faults.clear();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  /** The only SQL block that contains this. */
  async function blockWith(text: string): Promise<string> {
    const found = (await sqlBlocks('operations.md')).filter(({ sql }) => sql.includes(text));
    expect(found).toHaveLength(1);
    return found[0]?.sql ?? '';
  }

  /** A block in error because of this fault. */
  async function failOne(preset: 'poison' | 'nan'): Promise<string> {
    const rule = ollama.faults.add({ preset, text: 'broken' });
    const id = await insertBlock(db, { content: `broken by ${preset}` });
    await untilStatus(db, id, 'error', 30_000);
    rule.remove();
    return id;
  }

  it('runs, and each query finds the rows that it is meant to show', async () => {
    const worker = await startWorker(db, ollama, ENVIRONMENT);
    const [inProgress = '', waiting = ''] = await insertBlocks(db, 3);
    await failOne('nan');
    await untilIdle(db);
    await worker.stop();
    await db.query(
      `UPDATE pgboss.job SET state = 'active', heartbeat_on = now(), completed_on = NULL WHERE singleton_key = $1`,
      [inProgress],
    );
    await db.query(`UPDATE pgboss.job SET state = 'created', completed_on = NULL WHERE singleton_key = $1`, [waiting]);
    await pauseWork(db, ['backlog']);
    const leader = await db.connect('embedding-worker embed-block L testtest c10');

    const blocks = await sqlBlocks('operations.md');
    expect(blocks.length).toBeGreaterThan(10);
    const found: { title: string; rows: number | null }[] = [];
    for (const { title, sql } of blocks) {
      await leader.query('BEGIN');
      const { rowCount: rows } = await leader.query(sql);
      await leader.query('ROLLBACK');
      if (sql.startsWith('SELECT')) found.push({ title, rows });
    }
    await leader.end();
    expect(found.filter(({ rows }) => rows === 0)).toEqual([]);
  });

  it('gives the reason why a block is in error', async () => {
    await startWorker(db, ollama, ENVIRONMENT);
    const id = await failOne('nan');
    const rows = await db.query(await blockWith("j.source_output->>'message'"));
    expect(rows).toMatchObject([{ block: id, note: 'A note', type: 'paragraph', reason: 'OLLAMA_NAN', failures: 1 }]);
  });

  it('requeues one block', async () => {
    await startWorker(db, ollama, ENVIRONMENT);
    const id = await failOne('poison');
    const sql = await blockWith('WHERE id = 42');
    await db.query(sql.replaceAll('42', id));
    await expectEmbedded(db, id, 'broken by poison');
  });

  it('requeues exactly the blocks that failed for one reason', async () => {
    const worker = await startWorker(db, ollama, ENVIRONMENT);
    const wanted = await failOne('nan');
    const other = await failOne('poison');
    await db.query(await blockWith(`= 'OLLAMA_NAN'`));
    await expectEmbedded(db, wanted, 'broken by nan');
    expect(await readBlock(db, other)).toMatchObject({ status: 'error' });
    const swept = worker.events.seen.swept.length;
    await askForSweep(db);
    await worker.events.until(({ seen }) => seen.swept.length > swept);
    expect(await jobsOf(db, wanted, 'embed-block-failed')).toEqual([]);
    expect(await jobsOf(db, other, 'embed-block-failed')).toHaveLength(1);
  });

  it('recreates the queue without losing work', async () => {
    const worker = await startWorker(db, ollama, ENVIRONMENT);
    const failed = await failOne('poison');
    await worker.stop();
    const id = await insertBlock(db, { content: 'waits' });
    await db.query(await blockWith('DROP SCHEMA'));
    await startWorker(db, ollama, ENVIRONMENT);
    await expectEmbedded(db, id, 'waits');
    expect(await readBlock(db, failed)).toMatchObject({ status: 'error' });
  });
});
