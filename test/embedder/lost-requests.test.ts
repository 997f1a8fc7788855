import { jest } from '@jest/globals';
import { LOSS_LIMITS, LostRequests } from '../../src/embedder/lost-requests.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import { OPENAI } from '../../src/embedder/openai-dialect.js';
import type { WatchedRequest } from '../../src/embedder/watched-request.js';
import { createEvents } from '../../src/telemetry/events.js';
import { MemoryLog } from '../support/worker-log.js';

const never = new AbortController().signal;

/** When the server answers a check that it gets at this time; null: never; undefined: it refuses it. In seconds. */
type Server = (sentAt: number) => number | null | undefined;
const prompt: Server = (sentAt) => sentAt + 0.1;
const silent: Server = () => null;
const refusing: Server = () => undefined;
const promptFrom =
  (from: number): Server =>
  (sentAt) =>
    sentAt < from ? null : sentAt + 0.1;
const loadedAt =
  (loaded: number): Server =>
  (sentAt) =>
    Math.max(sentAt, loaded) + 0.1;
const embeddingInTurnUntil =
  (done: number): Server =>
  (sentAt) =>
    Math.max(sentAt, done) + 0.1;

describe('a request that is not answered', () => {
  let requests: LostRequests;
  let log: MemoryLog;
  let server: Server;
  /** When checks were sent, and requests declared lost, in seconds since the beginning. */
  let checks: number[];
  let losses: number[];
  let began: number;
  const seconds = () => Math.round(performance.now() - began) / 1000;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    [checks, losses, server] = [[], [], prompt];
    began = performance.now();
    start(OLLAMA.confirmLossAfterMs);
  });
  afterEach(() => {
    requests.stop();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  function start(confirmAfterMs: number): void {
    const events = createEvents();
    events.on('lost-request', () => losses.push(seconds()));
    log = new MemoryLog();
    const limits = { ...LOSS_LIMITS, confirmAfterMs };
    requests = new LostRequests({ check, limits, events, log });
  }

  async function check(signal: AbortSignal): Promise<void> {
    checks.push(seconds());
    const answersAt = server(seconds());
    if (answersAt === undefined) throw new Error('refused');
    await new Promise<void>((resolve, reject) => {
      const timer = answersAt === null ? undefined : setTimeout(resolve, Math.round((answersAt - seconds()) * 1000));
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new Error('cancelled'));
      });
    });
  }

  const watch = (facts: { expectedMs?: number; resends?: number } = {}, signal = never): WatchedRequest =>
    requests.watch({ texts: 10, expectedMs: facts.expectedMs, resends: facts.resends ?? 0 }, signal);
  const wait = (forSeconds: number) => jest.advanceTimersByTimeAsync(forSeconds * 1000);

  describe('of Ollama', () => {
    it.each<[string, Server, { expectedMs?: number; resends?: number }, number[], number | undefined]>([
      ['is lost if two checks are answered', prompt, {}, [10, 11.6], 11.7],
      ['is lost if checks are answered again at last', promptFrom(25), {}, [10, 20, 40, 41.6], 41.7],
      ['is not lost if no check is answered', silent, {}, [10, 20, 40, 80, 120, 160, 200], undefined],
      ['is not lost if all checks fail', refusing, {}, [10, 20, 40, 80, 120, 160, 200], undefined],
      ['has ten times the time that it should take', prompt, { expectedMs: 3_000 }, [30, 36.1], 36.2],
      ['has at least ten seconds', prompt, { expectedMs: 200 }, [10, 11.6], 11.7],
      ['has twice as long if its texts are sent for the second time', prompt, { resends: 1 }, [20, 21.6], 21.7],
      ['has four times as long if they are sent for the third', prompt, { resends: 2 }, [40, 41.6], 41.7],
    ])('%s', async (_, answers, facts, expectedChecks, lostAt) => {
      server = answers;
      const request = watch(facts);
      await wait(200);
      expect(checks).toEqual(expectedChecks);
      expect(losses).toEqual(lostAt === undefined ? [] : [lostAt]);
      expect(request.isLost).toBe(lostAt !== undefined);
      expect(request.signal.aborted).toBe(request.isLost);
    });

    it.each<[string, Server, number, number[]]>([
      ['a model load of 14 s', loadedAt(14), 15.5, [10]],
      ['a model load of 2 minutes', loadedAt(120), 121.5, [10, 20, 40, 80, 120]],
      ['requests before it that take a minute', embeddingInTurnUntil(60), 60, [10, 20, 40]],
    ])('is not lost but waits for %s', async (_, answers, answeredAt, expectedChecks) => {
      server = answers;
      const request = watch();
      await wait(answeredAt);
      requests.end(request, true);
      await wait(60);
      expect(checks).toEqual(expectedChecks);
      expect(losses).toEqual([]);
    });
  });

  it('with OpenAI’s API is lost only if two checks are answered, ten seconds apart', async () => {
    start(OPENAI.confirmLossAfterMs);
    watch();
    await wait(60);
    expect(checks).toEqual([10, 20.1]);
    expect(losses).toEqual([20.2]);
  });

  it('is reported with the time after which it was lost', async () => {
    watch();
    await wait(20);
    expect(log.lines).toEqual([expect.objectContaining({ level: 'warn', fields: { seconds: 11.7, texts: 10 } })]);
  });

  it('needs no check if later requests are answered instead', async () => {
    server = silent;
    watch();
    await wait(12);
    requests.end(watch(), true); // the first later answer
    await wait(1);
    requests.end(watch(), true); // too soon after it
    await wait(0.5);
    expect(losses).toEqual([]);
    requests.end(watch(), true);
    expect(losses).toEqual([13.5]);
  });

  it('is not lost because of answers to earlier requests, failed ones, or any before it is overdue', async () => {
    server = silent;
    const earlier = [watch(), watch()];
    await wait(1);
    watch();
    for (let i = 0; i < 5; i++) {
      await wait(1.6);
      requests.end(watch(), true);
    }
    await wait(4);
    for (const request of earlier) {
      requests.end(request, true);
      requests.end(watch(), false);
      await wait(2);
    }
    expect(losses).toEqual([]);
  });

  it('shares its checks with all others', async () => {
    server = silent;
    watch();
    await wait(5);
    watch();
    await wait(85);
    expect(checks).toEqual([10, 20, 40, 80]);
  });

  it('is lost soon after others of the same time', async () => {
    watch();
    await wait(1);
    watch();
    await wait(30);
    expect(losses).toEqual([11.7, 12.7]);
  });

  it('has the same time after an earlier loss, and longer only after four', async () => {
    let endsAt = 0;
    for (const lostAfter of [11.7, 11.7, 11.7, 11.7, 21.7]) {
      const request = watch();
      await wait(lostAfter);
      endsAt += lostAfter;
      expect(losses.at(-1)).toBeCloseTo(endsAt);
      requests.end(request, false);
    }
    expect(losses).toHaveLength(5);
  });

  it('leaves its checks unanswered as long as it waits, then ends them', async () => {
    const signals: AbortSignal[] = [];
    requests = new LostRequests({
      check: (signal) => (signals.push(signal), new Promise(() => undefined)),
      limits: { ...LOSS_LIMITS, confirmAfterMs: 1_500 },
      events: createEvents(),
      log,
    });
    const request = watch();
    await wait(100);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
    requests.end(request, true);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not checked any more once it is cancelled', async () => {
    const cancelling = new AbortController();
    const request = watch({}, cancelling.signal);
    await wait(9);
    cancelling.abort(new Error('time is up'));
    expect(request.signal.reason).toEqual(new Error('time is up'));
    await wait(30);
    expect(checks).toEqual([]);
    expect(request.isLost).toBe(false);
  });

  it('is left alone after a stop during a check', async () => {
    server = silent;
    const request = watch();
    await wait(15);
    requests.stop();
    expect(jest.getTimerCount()).toBe(0);
    await wait(100);
    expect(checks).toEqual([10]);
    expect(request.signal.aborted).toBe(false);
  });
});
