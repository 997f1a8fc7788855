import { PgBouncer } from '../../tools/crucible/testbed/pgbouncer.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { editBlock, expectEmbedded, untilIdle } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, run, WorkerProcess } from '../support/worker-process.js';
import { runCli, runJson } from './cli.js';

const FIX = /PALDOCS_LISTEN_DATABASE_URL=postgresql:\/\/…/;

describeWithServer('a worker behind PgBouncer', () => {
  describeWithProgram('pgbouncer', 'as it is installed', () => {
    let ollama: StandIn;
    let db: TestDatabase;
    let bouncer: PgBouncer | undefined;
    beforeAll(async () => {
      ollama = await startStandIn();
    });
    beforeEach(async () => {
      db = await createDatabase();
    });
    afterEach(async () => {
      await killProcesses();
      await bouncer?.stop();
    });
    afterAll(() => ollama.stop());

    const behind = async (settings: Readonly<Record<string, string>>, environment: Record<string, string> = {}) => {
      bouncer = await PgBouncer.start(db.url, settings);
      const url = new URL(db.url);
      url.port = String(bouncer.port);
      return workerEnvironment({ url: url.href }, ollama, environment);
    };
    const stop = async (worker: WorkerProcess) => {
      worker.kill('SIGTERM');
      expect(await worker.untilEnd()).toMatchObject({ status: 0 });
      expect(worker.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    };

    it('in transaction mode is refused as the only URL, and the message names the variable to add', async () => {
      const environment = await behind({});
      const { status, output } = await run(environment);
      expect(output).toMatch(/PALDOCS_DATABASE_URL: 127\.0\.0\.1:\d+\/\w+ is a pooler in transaction mode/);
      expect(output).toMatch(new RegExp(`^ {2}fix: ${FIX.source}`, 'm'));
      expect(status).toBe(2);
      const doctor = await runCli(environment, ['doctor']);
      expect(doctor.stdout).toMatch(
        new RegExp(`^✗ notifications .*pooler in transaction mode.*\\n +→ ${FIX.source}`, 'm'),
      );
      expect((await runCli(environment, ['status'])).status).toBe(0);
    });

    it('in transaction mode works with a direct URL beside it, as do all commands', async () => {
      const environment = await behind({}, { PALDOCS_LISTEN_DATABASE_URL: db.url });
      const worker = WorkerProcess.start(environment);
      await worker.untilWorking();
      const id = await insertBlock(db, { content: 'through it' });
      await expectEmbedded(db, id, 'through it');
      await editBlock(db, id, { content: 'and edited' });
      await expectEmbedded(db, id, 'and edited');
      await insertBlocks(db, 200);
      await untilIdle(db);
      expect(await runJson(environment, ['backfill', '--all', '--yes', '--wait'])).toMatchObject({
        ended: { completed: 201 },
      });
      expect(await runJson(environment, ['status'])).toMatchObject({ blocks: { byStatus: { completed: 201 } } });
      expect(await runJson(environment, ['doctor'])).toMatchObject({ ok: true });
      await stop(worker);
    });

    it.each([
      ['the only URL', () => ({})],
      ['one of two URLs', () => ({ PALDOCS_LISTEN_DATABASE_URL: db.url })],
    ])('in statement mode is refused, as %s', async (_, beside) => {
      const environment = await behind({ pool_mode: 'statement' }, beside());
      const { status, output } = await run(environment);
      expect(output).toMatch(/PALDOCS_DATABASE_URL: 127\.0\.0\.1:\d+\/\w+ is a pooler in statement mode/);
      expect(output).toMatch(/^ {2}fix: let PALDOCS_DATABASE_URL reach PostgreSQL itself, past the pooler/m);
      expect(status).toBe(2);
      const doctor = await runCli(environment, ['doctor']);
      expect(doctor.stdout).toMatch(/^✗ database .*is a pooler in statement mode/m);
    });

    it('in session mode works with one URL', async () => {
      const environment = await behind({ pool_mode: 'session' });
      const worker = WorkerProcess.start(environment);
      await worker.untilWorking();
      await expectEmbedded(db, await insertBlock(db, { content: 'in sessions' }), 'in sessions');
      expect(await runJson(environment, ['doctor'])).toMatchObject({ ok: true });
      await stop(worker);
    });
  });
});
