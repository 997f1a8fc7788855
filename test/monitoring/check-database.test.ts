import { checkDatabase } from '../../src/monitoring/check-database.js';

/** A database whose every query ends in this way. */
const databaseThat = (answer: () => Promise<object[]>) => ({
  query: async <Row extends object>() => (await answer()) as Row[],
  executeSql: async () => ({ rows: await answer() }),
});

describe('the check of the database', () => {
  it('passes when the database answers', async () => {
    expect(
      await checkDatabase(
        databaseThat(() => Promise.resolve([])),
        10_000,
      ),
    ).toEqual({ ok: true });
  });

  it('fails when the query fails', async () => {
    const database = databaseThat(() => Promise.reject(new Error('connect ECONNREFUSED')));
    expect(await checkDatabase(database, 10_000)).toEqual({ ok: false, detail: 'the database does not answer' });
  });

  it('fails when the query takes longer than the timeout', async () => {
    const database = databaseThat(() => new Promise(() => undefined));
    expect(await checkDatabase(database, 10)).toEqual({ ok: false, detail: 'the database does not answer in time' });
  });
});
