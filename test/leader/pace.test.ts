import { PACE, paceFor, pauseAfter } from '../../src/leader/pace.js';

const MB = 1024 * 1024;

describe('the pace of a pass', () => {
  it.each([
    ['128 MB of buffers', 128, 12],
    ['1 GB', 1_024, 1_024 / 85],
    ['2 GB', 2_048, 2_048 / 85],
    ['8 GB', 8_192, 32],
  ])('spares the pages of others: with %s', (_, buffersMb, mbPerSecond) => {
    expect(paceFor(PACE, buffersMb * MB).bytesPerSecond).toBeCloseTo(mbPerSecond * MB);
  });

  const SLICE = { pages: 4_096, tookMs: 25 };

  it('is limited in bytes, where reading is fast', () => {
    expect(pauseAfter(PACE, SLICE, false)).toBe(1_000 - 25);
  });

  it('is limited to a twentieth of the time, where reading is slow', () => {
    expect(pauseAfter(PACE, { ...SLICE, tookMs: 100 }, false)).toBe(2_000 - 100);
  });

  it('is half of the time, where it is urgent', () => {
    expect(pauseAfter(PACE, SLICE, true)).toBe(25);
  });
});
