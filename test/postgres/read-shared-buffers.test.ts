import { Postgres } from '../../src/postgres/postgres.js';
import { readSharedBuffers } from '../../src/postgres/read-shared-buffers.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

describeWithServer('the buffers of the server', () => {
  it('are read in bytes', async () => {
    const { url } = await createDatabase();
    const database = new Postgres({ url, sessionUrl: url, applicationName: 'test', poolSize: 1 });
    try {
      const size = `SELECT pg_size_bytes(current_setting('shared_buffers'))::float8 AS bytes`;
      const [row] = await database.query<{ bytes: number }>(size);
      expect(await readSharedBuffers(database)).toBe(row?.bytes);
    } finally {
      await database.close();
    }
  });
});
