import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type pg from 'pg';
import { CrucibleDatabase } from '../../../../tools/crucible/testbed/database.js';
import { deploymentsFor } from '../../../../tools/crucible/testbed/deployments.js';
import { CommitMark } from '../../../../tools/crucible/writer/commit-mark.js';
import { describeWithServer } from '../../../support/describe-with-server.js';
import { poll } from '../../../support/poll.js';

describeWithServer('a commit whose reply was lost', () => {
  let database: CrucibleDatabase;
  let client: pg.Client;
  let mark: CommitMark;

  beforeAll(async () => {
    database = await CrucibleDatabase.create({
      grantAllColumns: false,
      vectorKind: 'vector',
      context: 'headings',
      deployments: deploymentsFor(1),
    });
  });
  beforeEach(async () => {
    client = await database.connect('writer');
    mark = new CommitMark();
    await client.query('BEGIN');
  });
  afterEach(async () => {
    await client.end();
  });
  afterAll(async () => {
    await database.stop();
  });

  it('is known to have succeeded', async () => {
    await mark.leave(client);
    await client.query('COMMIT');

    expect(await mark.wasCommitted(database)).toBe(true);
  });

  it.each([
    ['before it leaves its mark', () => client.query('ROLLBACK')],
    ['after it leaves its mark', () => mark.leave(client).then(() => client.query('ROLLBACK'))],
  ])('is known to have failed %s, however often it is asked', async (_, fail) => {
    await fail();

    expect(await mark.wasCommitted(database)).toBe(false);
    expect(await mark.wasCommitted(database)).toBe(false);
  });

  it('cannot succeed once it was reported as failed', async () => {
    expect(await mark.wasCommitted(database)).toBe(false);

    await expect(mark.leave(client)).rejects.toMatchObject({ code: '23505' });
  });

  it.each([
    ['COMMIT', true],
    ['ROLLBACK', false],
  ])('is waited for while its transaction is open: %s', async (end, committed) => {
    await mark.leave(client);
    const asked = mark.wasCommitted(database);
    const waits = await poll(10_000, async () => {
      const rows = await database.query(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rows.length > 0 ? true : undefined;
    });
    await client.query(end);

    expect([waits, await asked]).toEqual([true, committed]);
  });

  it('is known to have failed if the server crashed first, even if its transaction id is reused', async () => {
    await mark.leave(client);

    await database.restart('immediate');

    expect(await mark.wasCommitted(database)).toBe(false);
  });
});
