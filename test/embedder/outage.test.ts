import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TextRejectedError } from '../../src/embedder/errors.js';
import { PROVIDER_NAMES, type ProviderKind } from '../../src/embedder/dialect.js';
import { openEmbedder, type OpenEmbedder } from '../../src/embedder/open-embedder.js';
import { createEvents, type Events } from '../../src/telemetry/events.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { presetNames } from '../../tools/stand-in/fault-presets.js';
import { StandIn } from '../../tools/stand-in/stand-in.js';
import { bareTexts } from '../support/bare-texts.js';

const DIMENSIONS = 32;
const TEXTS = ['one', 'two', 'three', 'four', 'five'];
/** Presets that do not close the gate. */
const HARMLESS = new Set(['slow', 'unnormalised', 'reordered']);
/** Presets that only the client's timeout ends. */
const HANGING = new Set(['hang', 'hang-mid-answer']);

let ollama: StandIn;
let events: Events;
let open: OpenEmbedder;

describe.each(Object.keys(PROVIDER_NAMES) as ProviderKind[])('with the provider %s,', (kind) => {
  beforeEach(async () => {
    ollama = await StandIn.start({ brain: 'deterministic', recordTexts: true, controlPort: 0 });
    events = createEvents();
    open = openWith(5_000);
  });

  afterEach(async () => {
    open.close();
    await ollama.stop();
  });

  function openWith(timeoutMs: number): OpenEmbedder {
    return openEmbedder({
      kind,
      maxTexts: Infinity,
      url: kind === 'openai' ? `${ollama.url}/v1` : ollama.url,
      model: 'qwen3-embedding:4b',
      dimensions: () => DIMENSIONS,
      instruction: '',
      timeoutMs,
      concurrency: 2,
      targetMs: 250,
      fixedTexts: undefined,
      events,
      log: createLogger({ level: 'error', readable: false, colour: false }),
    });
  }

  const embed = (texts: readonly string[], signal: AbortSignal = AbortSignal.timeout(20_000)) =>
    open.embedder.embed(bareTexts(texts), { priority: 0, explore: false, expireMs: 900_000, signal });

  function expectVectorOf(vector: unknown, text: string): void {
    const expected = deterministicVector(text, DIMENSIONS);
    expect(vector).toBeInstanceOf(Float32Array);
    (vector as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? 0, 4));
  }

  const outages = [...presetNames('outage'), ...presetNames('operator'), ...presetNames('answer')].filter(
    (name) => !HARMLESS.has(name),
  );

  describe('while the server fails as a whole', () => {
    test.each(outages)(
      '"%s" pauses the work, puts no text at fault, and work resumes automatically',
      async (preset) => {
        if (HANGING.has(preset)) {
          open.close();
          open = openWith(200);
        }
        ollama.faults.add(preset);
        const closed = once(events, 'gate');
        const embedding = embed(TEXTS);
        await expect(closed).resolves.toEqual([{ open: false }]);
        expect(open.gate.isOpen).toBe(false);
        ollama.faults.clear();
        const vectors = await embedding;
        TEXTS.forEach((text, i) => {
          expectVectorOf(vectors[i], text);
        });
        expect(open.gate.isOpen).toBe(true);
      },
    );

    test('waiting ends when the job’s time is up, and no text is at fault', async () => {
      ollama.faults.add('refuse');
      await expect(embed(['one'], AbortSignal.timeout(300))).rejects.toThrow(/timeout/i);
    });

    test('only probes are sent while the gate is closed', async () => {
      ollama.faults.add('busy');
      const embedding = embed(['one']);
      await once(events, 'gate');
      const others = Promise.all([embed(['two']), embed(['three'])]);
      await once(ollama.events, 'settled');
      await once(ollama.events, 'settled');
      const sent = ollama.requests.flatMap((request) => request.recordedTexts ?? []);
      expect(sent.filter((text) => text === 'two' || text === 'three')).toEqual([]);
      ollama.faults.clear();
      await Promise.all([embedding, others]);
    });

    test('Retry-After is respected', async () => {
      ollama.faults.add({ preset: 'rate-limited', count: 1 }); // Retry-After: 1
      const started = performance.now();
      await embed(['one']);
      expect(performance.now() - started).toBeGreaterThanOrEqual(950);
    });

    test('draining rejects all waiting requests', async () => {
      ollama.faults.add('busy');
      const embedding = embed(['one']);
      await once(events, 'gate');
      open.embedder.drain();
      await expect(embedding).rejects.toMatchObject({ code: 'DRAINING' });
    });
  });

  describe('a text at fault', () => {
    const poisons = [
      ...presetNames('text').filter((name) => !name.startsWith('context')),
      'server-error',
      'crash-eof',
      'drop-mid-answer',
      'zero-vectors',
      'null-value',
      'nan-literal',
    ] as const;

    test.each(poisons)('is separated from its batch when it causes "%s"', async (preset) => {
      ollama.faults.add({ preset, text: 'three' });
      const vectors = await embed(TEXTS);
      TEXTS.forEach((text, i) => {
        if (text === 'three') expect(vectors[i]).toBeInstanceOf(TextRejectedError);
        else expectVectorOf(vectors[i], text);
      });
    });

    test('has failed alone three times in a row, with a known-good text embedded after each', async () => {
      ollama.faults.add({ preset: 'poison', text: 'bad' });
      const [result] = await embed(['bad']);
      expect(result).toBeInstanceOf(TextRejectedError);
      const sent = ollama.requests.filter((request) => /embed/.test(request.path));
      const outcome = sent.map((request) => [request.recordedTexts?.[0] === 'bad' ? 'bad' : 'good', request.status]);
      expect(outcome).toEqual([
        ['bad', 400],
        ['good', 200],
        ['bad', 400],
        ['good', 200],
        ['bad', 400],
      ]);
    });

    test('is not one that fails twice and then succeeds', async () => {
      ollama.faults.add({ preset: 'server-error', text: 'moody', count: 2 });
      const [vector] = await embed(['moody']);
      expectVectorOf(vector, 'moody');
    });

    test('is one that hangs the model until its time is up, while a known-good text is embedded', async () => {
      ollama.faults.add({ preset: 'server-error', text: 'endless', count: 1 });
      const hang = ollama.faults.add({ preset: 'hang', text: 'endless' });
      const held = new AbortController();
      const embedding = embed(['endless'], held.signal);
      await ollama.waitFor(() => hang.hits === 1); // in flight again: the known-good text was embedded
      held.abort(new Error('time is up'));
      const [result] = await embedding;
      expect(result).toBeInstanceOf(TextRejectedError);
    });

    test('is not found when half of all requests fail at random', async () => {
      ollama.faults.add({ preset: 'busy', probability: 0.5 });
      const texts = Array.from({ length: 200 }, (_, i) => `text ${String(i)}`);
      const batches = Array.from({ length: 20 }, (_, i) => texts.slice(i * 10, i * 10 + 10));
      const vectors = (await Promise.all(batches.map((batch) => embed(batch)))).flat();
      expect(vectors.every((vector) => vector instanceof Float32Array)).toBe(true);
    });
  });
});
