import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { killProcesses, run, type Run } from '../support/worker-process.js';

/** A server that is just being started gets 30 s. */
const PATIENCE_MS = 60_000;
const PASSWORD = 'n0t-to-be-told';

describe('a worker whose database cannot be reached', () => {
  let mute: Server;
  const connections = new Set<Socket>();
  const runs = new Map<string, Promise<Run>>();
  beforeAll(async () => {
    mute = createServer((socket) => {
      connections.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    // All at once: each takes its 30 s.
    for (const [name, host] of [
      ['nobody listens', '127.0.0.1:1'],
      ['no host has that name', 'no-such-host.invalid:5432'],
      ['nobody answers', `127.0.0.1:${port}`],
    ] as const) {
      const environment = {
        PALDOCS_DATABASE_URL: `postgresql://worker:${PASSWORD}@${host}/paldocs`,
        PALDOCS_HEALTH_PORT: '0',
      };
      runs.set(name, run(environment, ['worker'], PATIENCE_MS));
    }
  });
  afterAll(async () => {
    await killProcesses();
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it.each([
    ['nobody listens', /127\.0\.0\.1:1\/paldocs cannot be reached \(ECONNREFUSED\)/],
    ['no host has that name', /no-such-host\.invalid:5432\/paldocs cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/],
    ['nobody answers', /127\.0\.0\.1:\d+\/paldocs cannot be reached/],
  ])(
    '(%s) waits for a while, says which, and ends with status 1',
    async (name, message) => {
      const ended = await runs.get(name);
      expect(ended?.output).toMatch(message);
      expect(ended?.output).toMatch(/PALDOCS_DATABASE_URL/);
      expect(ended?.output).toContain('trying again');
      expect(ended?.output).not.toContain(PASSWORD);
      expect(ended?.status).toBe(1);
    },
    PATIENCE_MS,
  );
});
