import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import type { StatusSnapshot } from '../../src/commands/status/snapshot.js';
import { insertBacklog } from '../support/backlog.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { pauseWork, resumeWork } from '../support/pause.js';
import type { TestDatabase } from '../support/test-database.js';
import { countByStatus } from '../support/worker-blocks.js';
import { startWorker, stopWorkers, workerEnvironment, type WorkerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { createRole, grant, installPgBoss } from '../support/worker-role.js';
import { runCli, runJson } from './cli.js';
import { documentedJson, shapeOf } from './documented-json.js';

interface PauseJson {
  readonly parts: readonly string[];
  readonly since: string;
  readonly until: string | null;
}
interface PausedJson {
  readonly pause: PauseJson;
  readonly replaced: PauseJson | null;
}

const secondsOf = ({ since, until }: PauseJson) => (Date.parse(until ?? '') - Date.parse(since)) / 1000;

describeWithServer('pause and resume', () => {
  let db: TestDatabase;
  let environment: WorkerEnvironment;
  beforeEach(async () => {
    db = await createDatabase();
    environment = workerEnvironment(db, { url: 'http://127.0.0.1:1' });
  });
  afterEach(() => db.drop());

  const pause = (...args: string[]) => runJson<PausedJson>(environment, ['pause', ...args]);
  const resume = () => runJson<{ resumed: PauseJson | null }>(environment, ['resume']);
  const status = () => runJson<StatusSnapshot>(environment, ['status']);

  it('print JSON of the documented shape', async () => {
    const paused = await pause('--for', '8h');
    expect(shapeOf(paused)).toEqual(shapeOf(await documentedJson('pause')));
    expect(paused).toMatchObject({ pause: { parts: ['backlog'] }, replaced: null });
    expect(secondsOf(paused.pause)).toBe(28_800);
    expect(Math.abs(Date.parse(paused.pause.since) - Date.now())).toBeLessThan(60_000);
    await pause();
    expect(shapeOf(await resume())).toEqual(shapeOf(await documentedJson('resume')));
  });

  it('replace a pause by the next, and end it', async () => {
    const first = await pause('--for', '2d');
    const second = await pause('--all');
    expect(second).toMatchObject({ pause: { parts: ['backlog', 'live'], until: null }, replaced: first.pause });
    expect((await status()).pause).toEqual(second.pause);
    expect(await resume()).toEqual({ resumed: second.pause });
    expect(await resume()).toEqual({ resumed: null });
    expect((await status()).pause).toBeNull();
  });

  it('leave one record when two pause at the same time', async () => {
    await Promise.all([pause(), pause('--all'), pause('--for', '1h')]);
    expect(await db.query(`SELECT 1 FROM pgboss.job WHERE name = 'embed-block-pause'`)).toHaveLength(1);
  });

  it('say that nothing was paused, without creating a schema', async () => {
    expect(await runCli(environment, ['resume'])).toEqual({ status: 0, stdout: 'Nothing was paused.\n', stderr: '' });
    expect(await db.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
  });

  it('say what happens and until when, in local time and in UTC', async () => {
    const { stdout } = await runCli({ ...environment, TZ: 'Asia/Kolkata' }, ['pause', '--for', '90m']);
    const [, local = '', utc = ''] =
      /^The backlog is paused until (.+) \+05:30 \((.+) UTC\), in 1 h 30 min\.$/m.exec(stdout) ?? [];
    expect(Date.parse(`${local.replace(' ', 'T')}+05:30`)).toBe(Date.parse(`${utc.replace(' ', 'T')}Z`));
    expect(stdout).toContain(
      'All workers stop taking it within 5 s; jobs in progress finish. Edits are embedded as before.\n',
    );
    const resumed = await runCli({ ...environment, TZ: 'America/St_Johns' }, ['resume']);
    expect(resumed.stdout).toMatch(
      /^All workers take the backlog again within 5 s\.\nIt was paused at .+ -0[23]:30 \(.+ UTC\), .+ ago\.\n$/,
    );
  });

  it('say it once where local time is UTC, and that edits wait', async () => {
    await pause('--for', '1h');
    const { stdout } = await runCli({ ...environment, TZ: 'UTC' }, ['pause', '--all']);
    expect(stdout).toMatch(
      /^All work is paused until somebody runs embedding-worker resume\.\n.+ Edits wait, too\.\nThis replaces the pause of the backlog until [\d-]+ [\d:]+ UTC, in .+\.\n$/,
    );
  });

  it.each([
    [['--for', '8'], '--for: give a time with its unit, such as 30m, 8h or 2d'],
    [['--for', 'tomorrow'], '--for: give a time with its unit, such as 30m, 8h or 2d'],
    [['--for', '0h'], '--for: give a time from 1 s to 365 d'],
    [['--for', '366d'], '--for: give a time from 1 s to 365 d'],
    [['--for='], '--for: give a value'],
    [['--for', '1h', '--for', '2h'], '--for: give it once'],
  ])('reject %j', async (args, message) => {
    const { status: exit, stderr } = await runCli(environment, ['pause', ...args]);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: `embedding-worker: ${message}\n` });
  });

  it('are shown by status, which then promises no end', async () => {
    await pause('--for', '8h');
    const { stdout } = await runCli({ ...environment, TZ: 'UTC' }, ['status']);
    expect(stdout).toMatch(/^paused +the backlog, by request, until [\d-]+ [\d:]+ UTC, in .+; edits are embedded$/m);
    await pause('--all');
    expect((await runCli(environment, ['status'])).stdout).toMatch(
      /^paused +all work, by request, until somebody runs embedding-worker resume$/m,
    );
    expect(await status()).toMatchObject({ etaSeconds: null });
  });

  it('work while the tables of the API are altered', async () => {
    await db.query('ALTER TABLE blocks RENAME TO blocks_old');
    expect(await pause()).toMatchObject({ pause: { parts: ['backlog'] } });
    expect(await resume()).toMatchObject({ resumed: { parts: ['backlog'] } });
  });

  it('need the queue of k8s/role-without-ownership.sql if the role may not create it', async () => {
    const role = await createRole(db);
    try {
      await installPgBoss(db);
      await grant(db, role, 'role-without-ownership.sql');
      environment = workerEnvironment(role, { url: 'http://127.0.0.1:1' });
      expect(await pause('--for', '1h')).toMatchObject({ replaced: null });
      expect(await resume()).toMatchObject({ resumed: { parts: ['backlog'] } });
      await db.query(`SELECT pgboss.delete_queue('embed-block-pause')`);
      expect(await resume()).toEqual({ resumed: null });
      const { status: exit, stderr } = await runCli(environment, ['pause']);
      expect(stderr).toContain('the role may not create the queue embed-block-pause');
      expect(stderr).toContain('k8s/role-without-ownership.sql');
      expect(exit).toBe(2);
    } finally {
      await role.drop();
    }
  });
});

describeWithServer('while the backlog is paused,', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  let environment: WorkerEnvironment;
  beforeEach(async () => {
    db = await createDatabase();
    ollama = await startStandIn();
    environment = workerEnvironment(db, ollama, { PALDOCS_LOG_LEVEL: 'info' });
  });
  afterEach(async () => {
    await killProcesses();
    await stopWorkers();
    await ollama.stop();
    await db.drop();
  });

  const WAITS = 'the backlog is paused by request; blocks wait';

  it('backfill --wait says so, and ends once it is resumed', async () => {
    const worker = await startWorker(db, ollama, environment);
    await pauseWork(db, ['backlog']);
    await worker.events.until(({ seen }) => seen.pause.length > 0);
    await insertBacklog(db, 20);
    const backfill = WorkerProcess.start(environment, 'backfill', '--wait', '--json');
    await backfill.untilLogged('work is paused by request; to end the pause: embedding-worker resume');
    expect(await backfill.untilLogged(WAITS)).toMatchObject({ done: 0, total: 20, pausedUntil: null });
    await resumeWork(db);
    expect(await backfill.untilEnd()).toMatchObject({ status: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 20 });
    expect(JSON.parse(backfill.stdout.join('\n'))).toMatchObject({ ended: { completed: 20 } });
  });

  it('worker --backfill says so, and ends once it is resumed', async () => {
    await pauseWork(db, ['backlog'], 3_600);
    await insertBacklog(db, 20);
    const worker = WorkerProcess.start(environment, 'worker', '--backfill');
    expect(await worker.untilLogged(WAITS)).toMatchObject({ done: 0, pausedUntil: expect.any(String) as string });
    await resumeWork(db);
    expect(await worker.untilEnd()).toMatchObject({ status: 0 });
    expect(await countByStatus(db)).toEqual({ completed: 20 });
  });
});
