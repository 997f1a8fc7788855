import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { UNPRINTABLE } from '../../src/telemetry/unprintable.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { poll } from '../support/poll.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle } from '../support/worker-blocks.js';
import { get, withoutQueue } from '../support/worker-http.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess, type ProcessLine } from '../support/worker-process.js';
import { runCli } from './cli.js';

const FORGED = '{"level":"error","message":"FORGED"}';

/** What a text, a title, a type, an id, a notification or a server's message may hold. */
const HOSTILE = {
  SQL: `'); DROP TABLE blocks; --`,
  'a quoted name': `"; DROP TABLE notes; --`,
  'dollar quotes': `$$; DELETE FROM blocks; $$ $1 $2 \\' \\\\`,
  'a forged line': `x\n${FORGED}\r\n${FORGED}`,
  'other line ends': `x\u2028${FORGED}\u2029${FORGED}\u0085${FORGED}\v\f`,
  'terminal escapes': '\u001b[2J\u001b[31mFORGED\u001b]0;FORGED\u0007\u009b31m\u0090q\u009c',
  'reordered text': '\u202eDEGROF\u2066\u200b\ufeff',
  HTML: '<script>alert(1)</script><img src=x onerror=alert(1)>&lt;',
  'format strings': '%s %n %j %% ${process.env} {{7*7}} `id` $(id)',
  'broken JSON': '"}],"level":"error","message":"FORGED',
  'escapes for NUL': '\\u0000 \\x00 \\0 %00',
  'a prototype': '__proto__',
  'half a character': 'x\ud83d'.toWellFormed() + '\ufffd\uffff',
  options: '--all',
  'a path': '../../../etc/passwd',
  'a label': 'x"} 1\nembedding_total{outcome="FORGED"} 1',
  'a long text': 'x y '.repeat(1_900),
} as const;

const MAX_ID = 2_600;

describeWithServer('hostile content', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  let worker: WorkerProcess;
  let url: string;
  const environment = () => workerEnvironment(db, ollama, { PALDOCS_RETRY_LIMIT: '0', PALDOCS_LOG_LEVEL: 'debug' });
  const hostile = Object.values(HOSTILE);

  beforeAll(async () => {
    ollama = await startStandIn();
    db = await createDatabase({ idType: 'text', contentType: 'text' });
    worker = WorkerProcess.start(environment());
    url = await worker.untilWorking();
    for (const [index, text] of hostile.entries()) {
      ollama.faults.add({
        text: `broken ${index};`,
        effect: { kind: 'status', status: 400, error: `refused ${text}` },
      });
      await db.query('INSERT INTO notes (id, title) VALUES ($1, $2)', [idOf('note', text), text]);
      for (const [id, content] of [
        [idOf('', text), text],
        [idOf('broken', text), `broken ${index}; ${text}`],
      ]) {
        await db.query('INSERT INTO blocks (id, note_id, block_type, content) VALUES ($1, $2, $3, $4)', [
          id,
          idOf('note', text),
          text,
          content,
        ]);
      }
      await db.query(`SELECT pg_notify('embedding_queue', $1)`, [text]);
    }
    await untilIdle(db, 50_000);
  });
  afterAll(async () => {
    await killProcesses();
    await ollama.stop();
  });

  function idOf(kind: string, text: string): string {
    return `${kind}${text}`.slice(0, MAX_ID);
  }

  function setAside(): readonly ProcessLine[] {
    return worker.lines.filter(({ message }) => message === 'block failed permanently; see: embedding-worker errors');
  }

  /** On lines of their own, and with nothing in it that a terminal would obey. */
  function expectTame(output: string): void {
    for (const line of output.split('\n')) {
      expect(line).not.toMatch(new RegExp(UNPRINTABLE.source));
      expect(line).not.toMatch(/^\s*(\{"level":"error","message":"FORGED"|FORGED)/);
    }
  }

  it('changes no SQL: every block ends as it should, and nothing else is changed', async () => {
    const rows = await db.query<{ id: string; type: string; content: string; title: string; status: string }>(
      `SELECT b.id, block_type AS type, content, title, embedding_status AS status
         FROM blocks b JOIN notes n ON n.id = note_id`,
    );
    expect(rows).toHaveLength(hostile.length * 2);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const [index, text] of hostile.entries()) {
      expect(byId.get(idOf('', text))).toMatchObject({ type: text, title: text, content: text });
      expect(byId.get(idOf('', text))?.status).toMatch(/^(completed|skipped)$/);
      expect(byId.get(idOf('broken', text))).toMatchObject({
        content: `broken ${index}; ${text}`,
        status: 'error',
      });
    }
  });

  it('forges no line of the log', async () => {
    // What is in the tables may be told a little later.
    await poll(10_000, () => Promise.resolve(setAside().length >= hostile.length ? true : undefined));
    expect(setAside()).toHaveLength(hostile.length);
    expectTame(worker.stderr.join('\n'));
    for (const line of worker.stderr) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(worker.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(worker.lines.filter(({ message }) => message.includes('FORGED'))).toEqual([]);
  });

  it('makes no metric and no label', async () => {
    const text = withoutQueue((await get(`${url}/metrics`)).text);
    expectTame(text);
    expect(text).not.toMatch(/FORGED|onerror|DROP|__proto__/);
    const reasons = [...text.matchAll(/^embedding_errors_total\{reason="([^"]*)"\} (\d+)/gm)];
    expect(reasons.filter(([, reason = '']) => !/^[A-Za-z_]+$/.test(reason))).toEqual([]);
    expect(reasons.filter(([, , count]) => count !== '0').map(([, reason]) => reason)).toEqual(['OLLAMA_REJECTED']);
  });

  it.each([
    [['status']],
    [['errors', '--limit', '1000']],
    [['search', 'anything', '--limit', '100']],
    [['backfill', '--all', '--dry-run']],
    [['doctor']],
  ])('is shown by %j on lines of ours, and told whole by its JSON', async (args) => {
    const text = await runCli(environment(), args);
    expectTame(text.stdout + text.stderr);
    expect(text.status).toBe(0);
    const json = await runCli(environment(), [...args, '--json']);
    expectTame(json.stdout + json.stderr);
    const value = JSON.parse(json.stdout) as { errors?: { id: string; noteTitle: string }[] };
    if (value.errors !== undefined) {
      expect(new Set(value.errors.map(({ noteTitle }) => noteTitle))).toEqual(new Set(hostile));
    }
  });

  it.each(Object.entries(HOSTILE))('is taken as it is by options and ids: %s', async (_, text) => {
    const typed = await runCli(environment(), [
      'backfill',
      '--all',
      '--retry-errors',
      '--dry-run',
      '--json',
      `--block-type=${text}`,
    ]);
    expectTame(typed.stdout + typed.stderr);
    // A type may hold a comma, which separates types.
    if (!text.includes(',')) expect(JSON.parse(typed.stdout)).toMatchObject({ found: 2 });
    const retried = await runCli(environment(), ['retry', '--', idOf('broken', text), idOf('no such', text)]);
    expectTame(retried.stdout + retried.stderr);
    expect(retried.stdout).toMatch(/^1 of 2 blocks requeued\.$/m);
  });

  it.each(['a forged line', 'other line ends', 'terminal escapes', 'reordered text'] as const)(
    'in what a server says forges no line of a command: %s',
    async (name) => {
      const rule = ollama.faults.add({ effect: { kind: 'status', status: 401, error: HOSTILE[name] } });
      const { stderr, status } = await runCli(environment(), ['search', 'x']);
      rule.remove();
      expectTame(stderr);
      expect(stderr.trim().split('\n')).toHaveLength(2); // the message and its fix
      expect(status).toBe(2);
    },
  );
});
