import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { createDatabase } from '../create-database.js';
import { describeWithCluster } from '../describe-with-server.js';
import { insertBlocks } from '../fixtures.js';
import { withClient } from '../harness-client.js';
import { poll } from '../poll.js';

describeWithCluster('a cluster', (own) => {
  it('has pgvector and room for many connections', async () => {
    const { rows } = await withClient(own().cluster.url, (client) =>
      client.query(
        "SELECT current_setting('max_connections') AS connections, rolsuper FROM pg_roles WHERE rolname = user",
      ),
    );
    expect(rows).toEqual([{ connections: '200', rolsuper: true }]);
  });

  it.each(['fast', 'immediate'] as const)('keeps committed data through a restart in mode %s', async (mode) => {
    const db = await createDatabase({}, own().server);
    const watcher = await db.connect('watcher');
    const ended = new Promise<void>((resolve) => watcher.once('end', resolve));
    await insertBlocks(db, 10);

    await own().cluster.restart(mode);

    await ended;
    expect(await db.query('SELECT count(*)::int AS n FROM blocks')).toEqual([{ n: 10 }]);
  });

  it('can be stopped for a while', async () => {
    const { cluster } = own();
    await cluster.halt('immediate');
    await expect(withClient(cluster.url, (client) => client.query('SELECT 1'))).rejects.toThrow();
    await cluster.resume();
    await withClient(cluster.url, (client) => client.query('SELECT 1'));
  });

  it('is removed when the process that started it is killed', async () => {
    const script = `import { startCluster } from './dist-tools/test/support/cluster/start-cluster.js';
      console.log((await startCluster()).url);
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
    await withClient(url, (client) => client.query('SELECT 1'));

    child.kill('SIGKILL');

    const gone = await poll(10_000, async () => {
      try {
        await withClient(url, (client) => client.query('SELECT 1'));
        return undefined;
      } catch {
        return true;
      }
    });
    expect(gone).toBe(true);
  });
});
