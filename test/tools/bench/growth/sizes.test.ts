import { describe, expect, it } from '@jest/globals';
import { environmentFor, sizesOf } from '../../../../tools/bench/growth/sizes.js';

describe('the tables of growth', () => {
  it.each([
    { rows: 10_000_000, quick: false, blocks: [10_000, 100_000, 1_000_000, 10_000_000] },
    { rows: 3_000_000, quick: false, blocks: [10_000, 100_000, 1_000_000, 3_000_000] },
    { rows: 10_000, quick: false, blocks: [10_000] },
    { rows: 5_000, quick: true, blocks: [1_000, 5_000] },
  ])('are powers of ten up to the largest: $rows', ({ blocks, ...options }) => {
    expect(sizesOf(options).blocks).toEqual(blocks);
  });

  it('are swept as often as by default, except for a quick check', () => {
    expect(environmentFor(sizesOf({ quick: false, rows: 10_000 }))).toEqual({});
    expect(environmentFor(sizesOf({ quick: true, rows: 5_000 }))).toEqual({ PALDOCS_POLL_INTERVAL_SECONDS: '1' });
  });
});
