import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isVectorOf } from '../../../tools/stand-in/deterministic-brain.js';
import { FAULT_PRESETS, presetNames, type FaultPresetName } from '../../../tools/stand-in/fault-presets.js';
import { Faults } from '../../../tools/stand-in/faults.js';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { call, embed, failure, MODEL, vectorsOf } from './client.js';

const SMALL = { dimensions: 32 };
const EMBED = { endpoint: '/api/embed', texts: ['some text'] };

let ollama: StandIn;
beforeAll(async () => {
  ollama = await startStandIn({ controlPort: 0 });
});
afterAll(() => ollama.stop());
afterEach(async () => {
  ollama.faults.clear();
  await ollama.waitFor(({ stats }) => stats.listening);
});

describe('a preset answers as Ollama or a proxy in front of it would', () => {
  const answers: [FaultPresetName, number, RegExp][] = [
    ['request-timeout', 408, /<h1>Request Timeout/],
    ['too-early', 425, /<h1>Too Early/],
    ['rate-limited', 429, /<h1>Too Many Requests/],
    ['server-error', 500, /"error":"internal server error"/],
    ['load-failed', 500, /"error":"llama runner process has terminated/],
    ['bad-gateway', 502, /<h1>Bad Gateway/],
    ['busy', 503, /"error":"server busy, please try again. {2}maximum pending requests exceeded"/],
    ['unavailable', 503, /<h1>Service Temporarily Unavailable/],
    ['gateway-timeout', 504, /<h1>Gateway Time-out/],
    ['crash-eof', 400, /EOF/],
    ['crash-refused', 400, /connection refused/],
    ['crash-gone', 400, /no longer running/],
    ['crash-health', 400, /health resp/],
    ['crash-status', 400, /unexpected server status/],
    ['no-model', 404, /"error":"model \\"qwen3-embedding:4b\\" not found, try pulling it first"/],
    ['not-an-embedder', 501, /"error":"this model does not support embeddings"/],
    ['quota', 429, /exceeded your current quota/],
    ['unauthorized', 401, /unauthorized/],
    ['forbidden', 403, /forbidden/],
    ['not-found', 404, /^404 page not found$/],
    ['garbage', 200, /^<html>/],
    ['empty-body', 200, /^$/],
    ['other-json', 200, /^{"embedding":"yes"}$/],
    ['truncated-json', 200, /^{"model":"qwen3-embedding:4b","embeddings":\[\[[^\]]*$/],
    ['no-vectors', 200, /"embeddings":\[\],/],
    ['nan-literal', 200, /"embeddings":\[\[NaN,/],
    ['null-value', 200, /"embeddings":\[\[null,/],
    ['infinite-value', 200, /"embeddings":\[\[1e999,/],
    ['nan', 400, /"error":"embedding contains NaN or Inf values"/],
    ['nan-old', 500, /"error":"json: unsupported value: NaN"/],
    ['context-length', 400, /"error":"the input length exceeds the context length"/],
    ['context-length-older', 400, /"error":"input length exceeds maximum context length"/],
    ['context-length-oldest', 400, /"error":"input exceeds maximum context length"/],
    ['poison', 400, /"error":"the input cannot be embedded"/],
  ];

  test.each(answers)('%s: %i', async (preset, status, body) => {
    ollama.faults.add(preset);
    const reply = await embed(ollama, 'some text', SMALL);
    expect(reply.status).toBe(status);
    expect(reply.text).toMatch(body);
    expect(ollama.requests.at(-1)).toMatchObject({ status, embedded: false, faults: [preset], state: 'answered' });
  });

  test.each(['rate-limited', 'unavailable'] as const)('%s says when to come back', async (preset) => {
    ollama.faults.add(preset);
    expect((await embed(ollama, 'a')).headers['retry-after']).toBe('1');
  });

  test.each([
    ['too-few-vectors', 2],
    ['too-many-vectors', 4],
  ] as const)('%s: %i for three texts', async (preset, count) => {
    ollama.faults.add(preset);
    expect(vectorsOf(await embed(ollama, ['a', 'b', 'c'], SMALL))).toHaveLength(count);
  });

  test.each([
    ['wrong-dimension', (vector: number[]) => vector.length === 31],
    ['zero-vectors', (vector: number[]) => vector.every((value) => value === 0)],
    ['unnormalised', (vector: number[]) => Math.hypot(...vector) > 2],
    ['null-value', (vector: (number | null)[]) => vector[0] === null && vector.length === 32],
    ['infinite-value', (vector: number[]) => vector[0] === Infinity],
  ] as const)('%s spoils the vectors of the texts it matches and leaves the others', async (preset, isSpoilt) => {
    ollama.faults.add({ preset, text: 'bad' });
    const [good = [], bad = []] = vectorsOf(await embed(ollama, ['good', 'bad'], SMALL));
    expect(isSpoilt(bad)).toBe(true);
    expect(isVectorOf('good', good)).toBe(true);
  });

  test('reordered gives each text another text’s vector', async () => {
    ollama.faults.add('reordered');
    const [first = [], second = []] = vectorsOf(await embed(ollama, ['a', 'b'], SMALL));
    expect([isVectorOf('b', first), isVectorOf('a', second)]).toEqual([true, true]);
  });

  const broken: FaultPresetName[] = ['drop-on-arrival', 'drop-after-reading', 'drop-mid-answer'];
  test.each(broken)('%s breaks the connection', async (preset) => {
    ollama.faults.add(preset);
    expect(await failure(embed(ollama, 'a', SMALL))).toBe('ECONNRESET');
    await ollama.waitFor(({ requests }) => requests.at(-1)?.state === 'dropped');
    expect(ollama.requests.at(-1)).toMatchObject({ status: undefined, embedded: false, faults: [preset] });
  });

  test('slow answers after its delay', async () => {
    ollama.faults.add({ effect: { kind: 'delay', ms: 60 } });
    const from = performance.now();
    expect(await embed(ollama, 'a', SMALL)).toMatchObject({ status: 200 });
    expect(performance.now() - from).toBeGreaterThanOrEqual(60);
  });

  test('exists for every name, and every name has a test above', () => {
    const elsewhere = ['refuse', 'hang', 'hang-mid-answer', 'slow'];
    const spoilt = [
      'too-few-vectors',
      'too-many-vectors',
      'wrong-dimension',
      'zero-vectors',
      'unnormalised',
      'reordered',
    ];
    const tested = [...answers.map(([preset]) => preset), ...broken, ...spoilt, ...elsewhere];
    expect(new Set(presetNames())).toEqual(new Set(tested));
    expect(presetNames('operator').every((name) => FAULT_PRESETS[name].category === 'operator')).toBe(true);
  });
});

describe('a server that refuses', () => {
  test('refuses connections until the rule is removed, and then uses the same port', async () => {
    const { url } = ollama;
    const fault = ollama.faults.add('refuse');
    await ollama.waitFor(({ stats }) => !stats.listening);
    expect(await failure(embed(ollama, 'a'))).toBe('ECONNREFUSED');
    fault.remove();
    await ollama.waitFor(({ stats }) => stats.listening);
    expect(ollama.url).toBe(url);
    expect(await embed(ollama, 'a', SMALL)).toMatchObject({ status: 200 });
  });

  test('breaks the connections that were open', async () => {
    ollama.faults.add('hang');
    const request = failure(embed(ollama, 'a'));
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    ollama.faults.add('refuse');
    expect(await request).toBe('ECONNRESET');
  });

  test('can still be reached through its control port', async () => {
    ollama.faults.add('refuse');
    await ollama.waitFor(({ stats }) => !stats.listening);
    expect(await call(ollama.controlUrl, 'DELETE', '/stand-in/faults')).toMatchObject({ status: 200 });
    await ollama.waitFor(({ stats }) => stats.listening);
  });

  test('keeps up with rules that are added and removed quickly', async () => {
    for (let i = 0; i < 10; i++) ollama.faults.add('refuse').remove();
    ollama.faults.add('refuse');
    await ollama.waitFor(({ stats }) => !stats.listening);
    expect(await failure(embed(ollama, 'a'))).toBe('ECONNREFUSED');
  });
});

describe('a request that hangs', () => {
  test.each(['hang', 'hang-mid-answer'] as const)('%s: is answered once it is released', async (preset) => {
    ollama.faults.add(preset);
    const request = embed(ollama, 'a', SMALL);
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    ollama.faults.release();
    expect(await request).toMatchObject({ status: 200 });
    expect(ollama.stats.hanging).toBe(0);
  });

  test('is released by the removal of its own rule only', async () => {
    const hang = ollama.faults.add({ preset: 'hang', text: 'a' });
    const other = ollama.faults.add('busy');
    const request = embed(ollama, 'a', SMALL);
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    other.remove();
    expect(ollama.stats.hanging).toBe(1);
    hang.remove();
    expect(await request).toMatchObject({ status: 200 });
  });

  test('is logged as hung up when its client goes away', async () => {
    ollama.faults.add('hang');
    const impatient = new AbortController();
    const request = failure(embed(ollama, 'a', {}, impatient.signal));
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    impatient.abort();
    await ollama.waitFor(({ requests }) => requests.at(-1)?.state === 'hung-up');
    expect(ollama.stats.hanging).toBe(0);
    await request;
  });
});

describe('a crash of the runner', () => {
  test('costs another load of the model', async () => {
    await embed(ollama, 'a', SMALL);
    const { loads } = ollama.stats;
    ollama.faults.add({ preset: 'crash-eof', count: 1 });
    expect(await embed(ollama, 'a', SMALL)).toMatchObject({ status: 400 });
    expect(ollama.stats.model).toBe('absent');
    expect(await embed(ollama, 'a', SMALL)).toMatchObject({ status: 200 });
    expect(ollama.stats.loads).toBe(loads + 1);
  });

  test('can also fail the other requests', async () => {
    const slow = await startStandIn({ textMs: 60_000, parallel: 2 });
    const innocent = embed(slow, 'a', SMALL);
    await slow.waitFor(({ stats }) => stats.running === 1);
    slow.faults.add({ text: 'deadly', effect: { kind: 'crash', error: 'EOF', collateral: true } });
    expect(await embed(slow, 'deadly', SMALL)).toMatchObject({ status: 400 });
    expect(await innocent).toMatchObject({ status: 400, json: { error: 'EOF' } });
    await slow.stop();
  });
});

describe('a missing model', () => {
  test('is also missing from show and tags', async () => {
    ollama.faults.add('no-model');
    expect(await call(ollama.url, 'POST', '/api/show', { model: MODEL })).toMatchObject({ status: 404 });
    expect((await call(ollama.url, 'GET', '/api/tags')).text).not.toContain(MODEL);
    expect(await call(ollama.url, 'GET', '/api/version')).toMatchObject({ status: 200 });
  });
});

describe('a rule', () => {
  const faults = () => new Faults(1, () => {});
  const names = (rules: Faults, target: { endpoint: string; texts: string[] }) =>
    rules.onRequest(target).map(({ rule }) => rule.name);

  test.each([
    ['without conditions', {}, EMBED, true],
    ['for another endpoint', { endpoint: '/api/show' }, EMBED, false],
    ['for a text that is present', { text: 'me te' }, EMBED, true],
    ['for a text that is absent', { text: 'other' }, EMBED, false],
    ['for more texts than there are', { minTexts: 2 }, EMBED, false],
    ['for as many texts as there are', { minTexts: 1 }, EMBED, true],
    ['with probability 0', { probability: 0 }, EMBED, false],
  ])('%s', (_, matcher, target, strikes) => {
    const rules = faults();
    rules.add({ ...matcher, effect: { kind: 'status', status: 503 } });
    expect(rules.onRequest(target)).toHaveLength(strikes ? 1 : 0);
  });

  test('with a count applies that often', () => {
    const rules = faults();
    const fault = rules.add({ preset: 'busy', count: 2 });
    expect([1, 2, 3].map(() => rules.onRequest(EMBED).length)).toEqual([1, 1, 0]);
    expect(fault.hits).toBe(2);
  });

  test('with a probability applies to about that share, and to the same requests for the same seed', () => {
    const run = (seed: number) => {
      const rules = new Faults(seed, () => {});
      rules.add({ preset: 'busy', probability: 0.3 });
      return Array.from({ length: 1_000 }, () => rules.onRequest(EMBED).length);
    };
    const strikes = run(7).reduce((sum, hit) => sum + hit, 0);
    expect(strikes).toBeGreaterThan(240);
    expect(strikes).toBeLessThan(360);
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test('yields to a rule that was added before, except for delays', () => {
    const rules = faults();
    rules.add({ name: 'delay', effect: { kind: 'delay', ms: 1 } });
    rules.add('busy');
    const second = rules.add('nan');
    expect(names(rules, EMBED)).toEqual(['delay', 'busy']);
    expect(second.hits).toBe(0);
  });

  test('of a preset applies to the preset’s paths, unless it names others', () => {
    const rules = faults();
    rules.add('busy');
    expect(names(rules, { endpoint: '/api/show', texts: [] })).toEqual([]);
    rules.add({ preset: 'busy', endpoint: '/api/show', name: 'busy show' });
    expect(names(rules, { endpoint: '/api/show', texts: [] })).toEqual(['busy show']);
  });

  test('of an unknown preset is rejected', () => {
    expect(() => faults().add('no such' as FaultPresetName)).toThrow('preset: there is no preset named "no such"');
  });
});
