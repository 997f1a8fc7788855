import { readFile } from 'node:fs/promises';
import { withClient } from './harness-client.js';
import type { Issued } from './certificates.js';
import type { OwnServer } from './describe-with-server.js';

/** Has a server of the test's own offer TLS with this certificate; connections are lost by it. */
export async function offerTls({ cluster }: OwnServer, { keyFile, certFile }: Issued): Promise<void> {
  await withClient(cluster.url, async (client) => {
    for (const [file, path] of [
      ['server.key', keyFile],
      ['server.crt', certFile],
    ] as const) {
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      const rows = lines.map((line) => client.escapeLiteral(line)).join('), (');
      // Into the server's data directory, wherever it runs. PostgreSQL refuses a key that others may read.
      await client.query(`COPY (VALUES (${rows})) TO PROGRAM 'umask 077; cat > ${file}'`);
    }
    await client.query('ALTER SYSTEM SET ssl = on');
  });
  await cluster.restart('fast');
}
