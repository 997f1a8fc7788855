import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded, untilStatus } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

/** More than two rounds of the leader's checks. */
const CHECKS_MS = 15_000;

describeWithServer('the leader', () => {
  const site = useSite();
  const leaderIs = (condition: string) =>
    site().db.untilRow<{ holds: boolean }>(
      `SELECT ${condition} AS holds FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'embedding-worker % L %'`,
      [],
      ({ holds }) => holds,
      CHECKS_MS,
    );

  it('keeps its lease and its heartbeat while tables are locked', async () => {
    const { db, worker } = site();
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE blocks, pgboss.job IN ACCESS EXCLUSIVE MODE');
    const { rows } = await client.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
    await leaderIs(`starts_with(query, 'SELECT 1 ') AND state = 'idle' AND state_change > '${rows[0]?.at ?? ''}'`);
    await client.query('ROLLBACK');
    await client.end();
    expect(worker.events.seen.leading).toEqual([]);
    await expectEmbedded(db, await insertBlock(db, { content: 'after the lock' }), 'after the lock');
  });

  it('resets blocks of crashed workers despite jobs with invalid keys', async () => {
    const { db, worker } = site();
    const id = await insertBlock(db);
    await untilStatus(db, id, 'completed');
    const keys = ['abc', '', '99999999999999999999', '１２', null, id];
    await db.query(
      `INSERT INTO pgboss.job (name, state, data, policy, singleton_key, start_after)
       SELECT 'embed-block', 'retry', '{}', CASE WHEN key IS NULL THEN NULL ELSE 'exclusive' END, key, now() + interval '1 day'
         FROM unnest($1::text[]) AS keys (key)`,
      [keys],
    );
    await db.query(`UPDATE blocks SET embedding_status = 'processing' WHERE id = $1`, [id]);
    await untilStatus(db, id, 'pending', CHECKS_MS);
    expect(worker.events.seen.leading).toEqual([]);
    expect(worker.log.format('warn', 'error').join('\n')).not.toContain('dead worker');
    await db.query('DELETE FROM pgboss.job');
  });
});
