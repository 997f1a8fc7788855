import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type pg from 'pg';
import { CrucibleDatabase } from '../../../../tools/crucible/site/database.js';
import { CommitMark } from '../../../../tools/crucible/writer/commit-mark.js';
import { describeWithServer } from '../../../support/describe-with-server.js';
import { poll } from '../../../support/poll.js';

describeWithServer('a commit whose answer was lost', () => {
  let database: CrucibleDatabase;
  let client: pg.Client;
  let mark: CommitMark;

  beforeAll(async () => {
    database = await CrucibleDatabase.create({ generous: false });
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

  it('is known to have been made', async () => {
    await mark.leave(client);
    await client.query('COMMIT');

    expect(await mark.wasCommitted(database)).toBe(true);
  });

  it.each([
    ['before the mark was left', () => client.query('ROLLBACK')],
    ['after it', () => mark.leave(client).then(() => client.query('ROLLBACK'))],
  ])('is known not to have been made, having failed %s, asked however often', async (_, fail) => {
    await fail();

    expect(await mark.wasCommitted(database)).toBe(false);
    expect(await mark.wasCommitted(database)).toBe(false);
  });

  it('cannot be made once it was said not to have been', async () => {
    expect(await mark.wasCommitted(database)).toBe(false);

    await expect(mark.leave(client)).rejects.toMatchObject({ code: '23505' });
  });

  it.each([
    ['COMMIT', true],
    ['ROLLBACK', false],
  ])('is waited for while it is under way: %s', async (end, committed) => {
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

  it('is known not to have been made when the server crashed first, whatever became of its number', async () => {
    await mark.leave(client);

    await database.restart('immediate');

    expect(await mark.wasCommitted(database)).toBe(false);
  });
});
