import { Registry } from 'prom-client';
import { HealthServer } from '../../src/monitoring/health-server.js';
import { Watchdog } from '../../src/monitoring/watchdog.js';
import { get } from '../support/worker-http.js';
import { MemoryLog } from '../support/worker-log.js';

type Readiness = Awaited<ReturnType<ConstructorParameters<typeof HealthServer>[0]['readiness']>>;

describe('the HTTP endpoints', () => {
  const watchdog = new Watchdog();
  let readiness: () => Promise<Readiness>;
  let server: HealthServer;
  let url: string;
  beforeEach(async () => {
    readiness = () => Promise.resolve({ database: { ok: true } });
    server = new HealthServer({
      port: 0,
      registry: new Registry(),
      watchdog,
      readiness: () => readiness(),
      log: new MemoryLog(),
    });
    await server.start();
    url = `http://127.0.0.1:${server.port}`;
  });
  afterEach(() => server.stop());

  it('answer 503 and name the part if it has exceeded its limit', async () => {
    const work = Promise.withResolvers<undefined>();
    const watched = watchdog.watch('worker', 0, () => work.promise);
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 503, json: { ok: false, overdue: ['worker'] } });
    work.resolve(undefined);
    await watched;
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, json: { ok: true, overdue: [] } });
  });

  it('answer 503 and name the part if it is not ready', async () => {
    const parts = { database: { ok: true }, worker: { ok: false, detail: 'starting' } };
    readiness = () => Promise.resolve(parts);
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, json: { ok: false, parts } });
  });

  it('answer HEAD without a body', async () => {
    expect(await get(`${url}/healthz`, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it.each(['/healthz?verbose=1', '/healthz#x'])('accept %s', async (path) => {
    expect(await get(`${url}${path}`)).toMatchObject({ status: 200 });
  });

  it('forbid caching', async () => {
    const response = await fetch(`${url}/healthz`, { headers: { connection: 'close' } });
    expect(response.headers.get('cache-control')).toBe('no-store');
    await response.arrayBuffer();
  });

  it('stop while connections are open', async () => {
    const response = await fetch(`${url}/healthz`);
    await response.arrayBuffer();
    await server.stop();
    await expect(get(`${url}/healthz`)).rejects.toThrow();
  });

  it('can be stopped twice, and without having been started', async () => {
    await server.stop();
    await server.stop();
    const options = { port: 0, registry: new Registry(), watchdog, readiness, log: new MemoryLog() };
    await new HealthServer(options).stop();
  });

  it('name the variable if their port is in use', async () => {
    const options = { port: server.port, registry: new Registry(), watchdog, readiness, log: new MemoryLog() };
    await expect(new HealthServer(options).start()).rejects.toThrow(
      `PALDOCS_HEALTH_PORT: cannot listen on port ${server.port} (EADDRINUSE)`,
    );
  });
});
