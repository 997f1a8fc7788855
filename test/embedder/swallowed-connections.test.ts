import { once } from 'node:events';
import { PROVIDER_NAMES, type ProviderKind } from '../../src/embedder/dialect.js';
import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import type { LossLimits } from '../../src/embedder/lost-requests.js';
import { KNOWN_GOOD_TEXT } from '../../src/embedder/provider.js';
import { createEvents, type Events } from '../../src/telemetry/events.js';
import type { StandInOptions } from '../../tools/stand-in/options.js';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { MemoryLog } from '../support/worker-log.js';
import { bareTexts } from '../support/bare-texts.js';

/** A hundredth of the real times. */
const LIMITS: LossLimits = { patienceMs: 100, checkIntervalsMs: [100, 200, 400], confirmAfterMs: 15 };
/** A check that uses a dead connection is not followed by another. */
const ONE_CHECK: LossLimits = { ...LIMITS, checkIntervalsMs: [60_000] };
const TEXTS = ['one', 'two', 'three'];
const VECTOR: unknown = expect.any(Float32Array);
const VECTORS = TEXTS.map(() => VECTOR);

describe.each(Object.keys(PROVIDER_NAMES) as ProviderKind[])('with the provider %s,', (kind) => {
  let server: StandIn;
  let events: Events;
  let open: OpenEmbedder;
  const opened: OpenEmbedder[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) one.close();
    await server.stop();
  });

  async function start(options: Partial<StandInOptions> = {}, limits = LIMITS): Promise<void> {
    server = await startStandIn({ recordTexts: true, ...options });
    open = client(limits);
  }

  function client(lossLimits = LIMITS): OpenEmbedder {
    events = createEvents();
    const made = openEmbedder({
      kind,
      maxTexts: Infinity,
      url: kind === 'openai' ? `${server.url}/v1` : server.url,
      model: 'qwen3-embedding:4b',
      dimensions: () => 32,
      instruction: '',
      timeoutMs: 20_000,
      concurrency: 2,
      targetMs: 250,
      fixedTexts: undefined,
      lossLimits,
      events,
      log: new MemoryLog(),
    });
    opened.push(made);
    return made;
  }

  const embed = (texts: readonly string[], { embedder } = open) =>
    embedder.embed(bareTexts(texts), {
      priority: 0,
      explore: false,
      expireMs: 900_000,
      signal: AbortSignal.timeout(20_000),
    });

  const leaveIdleConnections = () => Promise.all([embed(['a']), embed(['b'])]);

  /** Sends texts, and swallows connections once the server has begun with them. */
  async function embedAndSwallow(scope: 'all' | 'embedding', texts: readonly string[] = TEXTS): Promise<unknown[]> {
    const arrived = once(server.events, 'request');
    const embedding = embed(texts);
    await arrived;
    expect(server.swallow(scope)).toBeGreaterThan(0);
    return await embedding;
  }

  function expectNothingSentTwice(): void {
    const times = server.timesEmbedded();
    times.delete(KNOWN_GOOD_TEXT);
    expect(times.size).toBeGreaterThan(0);
    expect([...times].filter(([, count]) => count > 1)).toEqual([]);
    expect(server.stats.swallowed).toBe(0);
  }

  describe.each(['all', 'embedding'] as const)('connections that are swallowed ("%s")', (scope) => {
    it('cost time and nothing else', async () => {
      await start({ requestMs: 20 }, ONE_CHECK);
      const gates: boolean[] = [];
      const requests: boolean[] = [];
      let lost = 0;
      events.on('gate', ({ open: isOpen }) => gates.push(isOpen));
      events.on('request', ({ ok }) => requests.push(ok));
      events.on('lost-request', () => (lost += 1));
      await leaveIdleConnections();
      await expect(embedAndSwallow(scope)).resolves.toEqual(VECTORS);
      expect({ gates, requests, lost }).toEqual({ gates: [], requests: [true, true, true], lost: 1 });
      for (const text of TEXTS) expect(server.timesEmbedded().get(text)).toBe(1);
    });

    it('cost it again the second time', async () => {
      await start({ requestMs: 20 }, ONE_CHECK);
      for (const texts of [['first'], ['second']]) {
        await expect(embedAndSwallow(scope, texts)).resolves.toEqual([VECTOR]);
      }
      expect(server.stats.swallowed).toBe(2);
    });

    it('are closed, and only that of the last request is kept', async () => {
      await start({ requestMs: 20 }, ONE_CHECK);
      await leaveIdleConnections();
      await embedAndSwallow(scope);
      await server.waitFor(({ stats }) => stats.connections === 1);
    });
  });

  it('a request whose resend is swallowed, too, is sent once more', async () => {
    await start({ requestMs: 20 });
    events.once('lost-request', () => {
      server.events.on('request', ({ texts }) => {
        if (texts === TEXTS.length && server.stats.swallowed < 2) server.swallow('embedding');
      });
    });
    await expect(embedAndSwallow('all')).resolves.toEqual(VECTORS);
    expect(server.stats.swallowed).toBe(2);
  });

  it('requests that wait for a model load are not sent twice, and the load is not aborted', async () => {
    await start({ loadMs: 450, requestMs: 20 });
    await Promise.all([embed(['one']), embed(['two'])]);
    expect(server.stats.loads).toBe(1);
    expectNothingSentTwice();
  });

  it('a server that embeds one request at a time and has eight clients gets nothing twice', async () => {
    await start({ textMs: 5, requestMs: 10 });
    const clients = [open, ...Array.from({ length: 7 }, () => client())];
    const texts = (of: number) => Array.from({ length: 12 }, (_, i) => `text ${i} of ${of}`);
    await Promise.all(clients.flatMap((one, i) => [embed(texts(2 * i), one), embed(texts(2 * i + 1), one)]));
    expectNothingSentTwice();
  });

  it('a check that fails closes no gate, and keeps no request from being found lost', async () => {
    await start({ requestMs: 20 });
    const failing = server.faults.add({ preset: 'busy', text: KNOWN_GOOD_TEXT, count: 2 });
    let closures = 0;
    events.on('gate', () => (closures += 1));
    await expect(embedAndSwallow('all')).resolves.toEqual(VECTORS);
    expect({ failures: failing.hits, closures }).toEqual({ failures: 2, closures: 0 });
  });

  it('draining rejects the texts of a lost request', async () => {
    await start({ requestMs: 20 });
    const arrived = once(server.events, 'request');
    const embedding = embed(TEXTS);
    await arrived;
    server.swallow();
    open.embedder.drain();
    await expect(embedding).rejects.toMatchObject({ code: 'DRAINING' });
  });

  it('closing ends a check in flight', async () => {
    await start();
    server.faults.add('hang');
    const failed = expect(embed(['one'])).rejects.toThrow();
    await server.waitFor(({ stats }) => stats.hanging === 2); // the request and a check
    open.embedder.drain();
    open.close();
    await failed;
    await server.waitFor(({ stats }) => stats.hanging === 0);
  });
});
