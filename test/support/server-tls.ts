import { readFile } from 'node:fs/promises';
import { withClient } from './harness-client.js';
import type { Issued } from './certificates.js';
import type { OwnServer } from './describe-with-server.js';

/** Enables TLS with this certificate on a test's own server. This closes all connections. */
export async function offerTls({ cluster }: OwnServer, { keyFile, certFile }: Issued): Promise<void> {
  await withClient(cluster.url, async (client) => {
    for (const [file, path] of [
      ['server.key', keyFile],
      ['server.crt', certFile],
    ] as const) {
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      const rows = lines.map((line) => client.escapeLiteral(line)).join('), (');
      // Into the server's data directory, which may be in a container. PostgreSQL rejects a key that others can read.
      await client.query(`COPY (VALUES (${rows})) TO PROGRAM 'umask 077; cat > ${file}'`);
    }
    await client.query('ALTER SYSTEM SET ssl = on');
  });
  await cluster.restart('fast');
}
