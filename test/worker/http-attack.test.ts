import { setTimeout as sleep } from 'node:timers/promises';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { HttpAttack, type AttackOptions } from '../support/http-attack.js';
import { poll } from '../support/poll.js';
import type { TestDatabase } from '../support/test-database.js';
import { untilIdle } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';

const BLOCKS = 300;
/** Kubernetes' defaults: a probe may take a second, and three in a row must fail before the kubelet acts. */
const PROBE_TIMEOUT_MS = 1_000;
const FAILURE_THRESHOLD = 3;
/** Longer than silent connections are kept open, so that each attack meets every defence. */
const ATTACK_MS = 6_000;

const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

describeWithServer('a worker whose HTTP port is attacked', () => {
  let ollama: StandIn;
  let db: TestDatabase;
  let worker: WorkerProcess;
  let url: string;
  /** A worker that is not attacked: if it does not answer either, the machine is too slow. */
  let controlUrl: string;
  let unattackedMs: number;
  beforeAll(async () => {
    ollama = await startStandIn();
    db = await createDatabase();
    worker = WorkerProcess.start(workerEnvironment(db, ollama, { PALDOCS_LOG_LEVEL: 'info' }));
    url = await worker.untilWorking();
    const elsewhere = await createDatabase();
    controlUrl = await WorkerProcess.start(workerEnvironment(elsewhere, ollama)).untilWorking();
    await timeToEmbed(); // the first time is slower
    unattackedMs = await timeToEmbed();
  });
  afterAll(async () => {
    await killProcesses();
    await ollama.stop();
  });

  async function timeToEmbed(): Promise<number> {
    const started = performance.now();
    await insertBlocks(db, BLOCKS);
    await untilIdle(db, 60_000);
    return performance.now() - started;
  }

  /** Probes like the kubelet, each time on a new connection. @returns how often, and the most failures in a row */
  async function probeUntil(
    signal: AbortSignal,
  ): Promise<{ count: number; controlSuccesses: number; failures: number }> {
    let [count, controlSuccesses, inARow, failures] = [0, 0, 0, 0];
    while (!signal.aborted) {
      const [ok, controlOk] = await Promise.all([probe(url), probe(controlUrl)]);
      if (controlOk) controlSuccesses += 1;
      if (ok) inARow = 0;
      else if (controlOk) inARow += 1;
      failures = Math.max(failures, inARow);
      count += 1;
      await sleep(100);
    }
    return { count, controlSuccesses, failures };
  }

  async function probe(url: string): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
      const response = await fetch(`${url}/healthz`, { signal, headers: { connection: 'close' } });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  it.each<[string, AttackOptions]>([
    ['1,000 silent connections', { sockets: 1_000 }],
    [
      '1,000 connections that send a header byte by byte',
      { sockets: 1_000, opening: 'GET / HTTP/1.1\r\n', drip: 'X: x\r\n' },
    ],
    ['200 connections that send garbage', { sockets: 200, opening: Buffer.alloc(4_096, 0xff) }],
    [
      '200 connections that send endless headers',
      { sockets: 200, opening: `GET / HTTP/1.1\r\nX: ${'x'.repeat(65_536)}` },
    ],
    ['20 connections that send requests faster than they are answered', { sockets: 20, opening: REQUEST.repeat(200) }],
    ['20 connections that read no response', { sockets: 20, opening: REQUEST.repeat(200), reads: false }],
    ['50 connections that close at once', { sockets: 50, opening: `${REQUEST.slice(0, -2)}Connection: close\r\n\r\n` }],
  ])('keeps embedding and passes its probes during an attack by %s', async (_, options) => {
    const attack = await HttpAttack.start(Number(new URL(url).port), options);
    const over = new AbortController();
    const probing = probeUntil(over.signal);
    const times: number[] = [];
    try {
      const started = performance.now();
      while (performance.now() - started < ATTACK_MS) times.push(await timeToEmbed());
    } finally {
      over.abort();
      await attack.stop();
    }
    const { failures, count, controlSuccesses } = await probing;
    expect(count).toBeGreaterThan(1);
    expect(controlSuccesses).toBeGreaterThan(count / 2);
    expect(failures).toBeLessThan(FAILURE_THRESHOLD);
    expect(await poll(10_000, async () => ((await probe(url)) ? true : undefined))).toBe(true);
    // Attackers, stand-in and database share the worker's CPUs, so this only proves that it makes progress.
    expect(Math.max(...times)).toBeLessThan(unattackedMs * 10 + 5_000);
    expect(worker.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
