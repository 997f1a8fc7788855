import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import {
  countByStatus,
  expectEmbedded,
  readBlock,
  untilIdle,
  untilJob,
  untilStatus,
} from '../support/worker-blocks.js';
import { hang, keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

const SENTENCES = Array.from({ length: 60 }, (_, i) => `Sentence ${i} of a text that exceeds the context.`);
const LONG = SENTENCES.join(' ');

/** The normalised mean of the parts' vectors, weighted by their lengths. */
function meanOf(parts: readonly string[]): number[] {
  const sum = new Array<number>(768).fill(0);
  for (const part of parts) {
    const vector = deterministicVector(DEFAULT_INSTRUCTION + part, 768);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0) * part.length;
  }
  const norm = Math.hypot(...sum);
  return sum.map((value) => value / norm);
}

describeWithServer('a text longer than the model’s context', () => {
  const site = useSite({ standIn: { contextTokens: 200 } });

  it('gets the weighted mean of parts that leave nothing out', async () => {
    const { db, ollama, worker } = site();
    const id = await insertBlock(db, { content: LONG });
    await untilStatus(db, id, 'completed');
    const parts = [...ollama.timesEmbedded().keys()].map((text) => text.slice(DEFAULT_INSTRUCTION.length));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.join('')).toBe(LONG);
    const { vector } = await readBlock(db, id);
    const expected = meanOf(parts);
    expect(vector?.every((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-5)).toBe(true);
    expect(worker.events.seen.split).toEqual([{ parts: parts.length }]);
  });

  it('is split at the ends of sentences', async () => {
    const { db, ollama } = site();
    const id = await insertBlock(db, { content: `${LONG} The end.` });
    await untilStatus(db, id, 'completed');
    const parts = [...ollama.timesEmbedded().keys()].map((text) => text.slice(DEFAULT_INSTRUCTION.length));
    expect(parts.every((part) => /^(Sentence|The end)/.test(part) && part.trim().endsWith('.'))).toBe(true);
  });

  it('affects no other block of its request', async () => {
    const { db } = site();
    const contents = [LONG.toUpperCase(), 'short'];
    const [long = '', short = ''] = await insertBlocks(db, 2, { content: (index) => contents[index] });
    await expectEmbedded(db, short, 'short');
    await untilStatus(db, long, 'completed');
  });

  it('fails if one of its parts is rejected', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'poison', text: 'Sentence 42' });
    const id = await insertBlock(db, { content: LONG });
    await worker.events.until(({ seen }) => seen.failed.length === 1);
    expect(worker.events.seen.failed).toEqual([{ reason: 'OLLAMA_REJECTED', final: false }]);
    expect(await readBlock(db, id)).toEqual({ status: 'pending', vector: null });
  });
});

describeWithServer('a text of several megabytes', () => {
  const site = useSite({ standIn: { contextTokens: 10_000_000 } });

  it('is embedded in one piece, although it exceeds a worker’s share of the budget', async () => {
    const { db } = site();
    const text = 'word '.repeat(500_000).trim();
    const id = await insertBlock(db, { content: text });
    await expectEmbedded(db, id, text, { timeoutMs: 30_000 });
  });

  it('is embedded beside others of its size', async () => {
    const { db } = site();
    const texts = [1, 2, 3, 4, 5].map((n) => `${n} ${'letters '.repeat(150_000)}`.trim());
    const ids = await Promise.all(texts.map((content) => insertBlock(db, { content })));
    for (const [index, id] of ids.entries()) await expectEmbedded(db, id, texts[index] ?? '', { timeoutMs: 30_000 });
  });
});

describeWithServer('a batch with more text than a worker may hold', () => {
  const site = useSite({ standIn: { contextTokens: 10_000_000 }, environment: ONE_WORKER });

  it('is claimed in rounds', async () => {
    const { db, ollama } = site();
    const busy = await keepBusy(site());
    // Two fit into the 4 MB that a single worker may claim.
    const ids = await insertBlocks(db, 5, { content: (index) => `large ${index} ${'text '.repeat(300_000)}`.trim() });
    for (const id of ids) await untilJob(db, id, ({ state }) => state === 'created');
    const large = hang(site(), 'large');
    busy.release();
    await large.reached();
    expect(await countByStatus(db)).toEqual({ completed: 1, pending: 3, processing: 2 });
    expect(ollama.requests.at(-1)).toMatchObject({ texts: 2 });
    large.release();
    await untilIdle(db, 30_000);
    expect(await countByStatus(db)).toEqual({ completed: 6 });
  });
});
