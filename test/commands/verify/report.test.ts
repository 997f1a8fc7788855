import type { Comparison } from '../../../src/backlog/stored-vectors/comparison.js';
import { DriftedBlocks } from '../../../src/commands/verify/report.js';

describe('the list of drifted blocks', () => {
  it.each([
    ['the text', false, 50],
    ['JSON', true, 100_000],
  ])('has a limit in %s, and counts all that were requeued', (_, json, limit) => {
    const drifted = new DriftedBlocks(json);
    const blocks = Array.from({ length: limit - 1 }, (__, i) => driftedBlock(i));
    drifted.add(blocks, new Set(blocks.map(({ id }) => id)));
    drifted.add([driftedBlock(limit), driftedBlock(limit + 1)], new Set([String(limit + 1)]));
    expect(drifted.list).toHaveLength(limit);
    expect(drifted.list.at(-1)).toMatchObject({ id: String(limit), requeued: false });
    expect(drifted.requeued).toBe(limit);
  });
});

function driftedBlock(id: number): Comparison {
  return { id: String(id), type: 'paragraph', fingerprint: '', result: 'compared', cosine: 0.5 };
}
