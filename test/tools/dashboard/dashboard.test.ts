import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startStandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { freePort } from '../../support/cluster/free-port.js';
import { startWorker, stopWorkers } from '../../support/worker-in-process.js';

const SCRIPT = fileURLToPath(new URL('../../../tools/dashboard/dashboard.mjs', import.meta.url));

function start(environment: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [SCRIPT], { env: { PATH: process.env['PATH'], ...environment } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  return { child, output: () => output };
}

async function get(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100)); // the dashboard has no event for when it listens
    }
  }
}

describeWithServer('yarn dashboard', () => {
  it('shows the queues of the configured database and their history, only on 127.0.0.1, and is read-only', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    await startWorker(db, ollama, { PALDOCS_PGBOSS_SCHEMA: 'jobs' });
    // pg-boss records history within its first interval.
    await db.untilRow<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM jobs.queue_stats WHERE name = 'embed-block'`,
      [],
      ({ rows }) => rows > 0,
      40_000,
    );
    await stopWorkers();
    await ollama.stop();

    const port = await freePort();
    const { child, output } = start({
      PALDOCS_DATABASE_URL: db.url.replace('postgresql://', 'postgresql+psycopg2://'),
      PALDOCS_PGBOSS_SCHEMA: 'jobs',
      PORT: String(port),
    });
    try {
      const page = await get(`http://127.0.0.1:${port}/queues`);
      expect(page).toContain('embed-block-failed');
      expect(output()).toContain(`listening on http://127.0.0.1:${port}`);
      const queue = await get(`http://127.0.0.1:${port}/queues/embed-block/metrics`);
      expect(queue).toContain('embed-block');
      expect(queue).not.toContain('history isn’t being recorded');
      const post = await fetch(`http://127.0.0.1:${port}/queues`, { method: 'POST', body: '{}' });
      expect(post.status).toBe(403);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  it('prints no password', async () => {
    const port = await freePort();
    const { child, output } = start({
      PALDOCS_DATABASE_URL: 'postgresql://worker:se|cret@127.0.0.1:1/none',
      PORT: String(port),
    });
    const page = await get(`http://127.0.0.1:${port}/`);
    child.kill();
    await once(child, 'close');
    expect(page + output()).not.toContain('cret');
  });

  it('rejects an invalid configuration with status 2', async () => {
    const { child, output } = start({ PALDOCS_DATABASE_URL: 'mysql://x' });
    expect(await once(child, 'close')).toEqual([2, null]); // not 'exit', because output may come after it
    expect(output()).toBe(
      'dashboard: PALDOCS_DATABASE_URL: is not a PostgreSQL URL: it must begin with postgresql://\n',
    );
  });
});
