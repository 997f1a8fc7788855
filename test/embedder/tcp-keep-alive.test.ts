import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TCP_KEEP_ALIVE_MS } from '../../src/embedder/connections.js';
import { JsonClient } from '../../src/embedder/json-client.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createAuthority } from '../support/certificates.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { poll } from '../support/poll.js';
import { startTlsFront } from '../support/tls-front.js';

/** Linux lists its TCP sockets here, with the timer of each. */
const SOCKETS = '/proc/net/tcp';
/** The timer that waits for the next keep-alive probe. */
const KEEP_ALIVE_TIMER = '02';
const MS_PER_TICK = 10;

/** @returns milliseconds until the keep-alive probe of the connection to this port; undefined if none is planned now */
async function probeDueMs(url: string): Promise<number | undefined> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile(SOCKETS, 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const timer = lines.find(([, , remote]) => remote?.endsWith(`:${port}`))?.[5]?.split(':');
  return timer?.[0] === KEEP_ALIVE_TIMER ? Number.parseInt(timer[1] ?? '', 16) * MS_PER_TICK : undefined;
}

(existsSync(SOCKETS) ? describe : describe.skip)('a connection in use', () => {
  let standIn: StandIn;
  beforeEach(async () => {
    standIn = await startStandIn();
    standIn.faults.add('hang');
  });
  afterEach(() => standIn.stop());

  /** Checks the connection to `url` while a request of the client hangs. */
  async function expectProbes(client: JsonClient, url: string): Promise<void> {
    const failed = expect(
      client.send('GET', '/api/version', undefined, new AbortController().signal),
    ).rejects.toThrow();
    try {
      await standIn.waitFor(({ stats }) => stats.hanging === 1);
      const dueMs = await poll(5_000, () => probeDueMs(url));
      expect(dueMs).toBeGreaterThan(TCP_KEEP_ALIVE_MS / 2);
      expect(dueMs).toBeLessThanOrEqual(TCP_KEEP_ALIVE_MS);
    } finally {
      client.close();
      await failed;
    }
  }
  const common = { timeoutMs: 10_000, connections: 1 };

  it('is probed by the kernel', async () => {
    await expectProbes(new JsonClient({ url: standIn.url, ...common }, OLLAMA), standIn.url);
  });

  it('is probed if it is a tunnel through a proxy', async () => {
    const [authority, proxy] = await Promise.all([createAuthority('keep-alive'), startForwardProxy()]);
    const front = await startTlsFront(standIn.url, await authority.issue('IP:127.0.0.1'));
    try {
      const ca = await readFile(authority.caFile, 'utf8');
      await expectProbes(new JsonClient({ url: front.url, ca, proxy: proxy.url, ...common }, OLLAMA), proxy.url);
    } finally {
      await Promise.all([front.stop(), proxy.stop(), authority.remove()]);
    }
  });
});
