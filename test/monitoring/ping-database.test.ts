import { pingDatabase } from '../../src/monitoring/ping-database.js';

/** A database whose every query ends in this way. */
const databaseThat = (answer: () => Promise<object[]>) => ({
  query: async <Row extends object>() => (await answer()) as Row[],
  executeSql: async () => ({ rows: await answer() }),
});

describe('pinging the database', () => {
  it('succeeds if the database answers', async () => {
    expect(
      await pingDatabase(
        databaseThat(() => Promise.resolve([])),
        10_000,
      ),
    ).toEqual({ ok: true });
  });

  it('fails if the query fails', async () => {
    const database = databaseThat(() => Promise.reject(new Error('connect ECONNREFUSED')));
    expect(await pingDatabase(database, 10_000)).toEqual({ ok: false, detail: 'the database does not answer' });
  });

  it('fails if the query takes longer than the timeout', async () => {
    const database = databaseThat(() => new Promise(() => undefined));
    expect(await pingDatabase(database, 10)).toEqual({ ok: false, detail: 'the database does not answer in time' });
  });
});
