import { RateMeter } from '../../src/terminal/rate-meter.js';

describe('the rate of a count', () => {
  it('is 0 until the second sample', () => {
    expect(new RateMeter().perSecond(7, 1_000)).toBe(0);
  });

  it('is the growth per second', () => {
    const pace = new RateMeter();
    pace.perSecond(100, 0);
    expect(pace.perSecond(150, 2_000)).toBe(25);
  });

  it('ignores samples older than half a minute', () => {
    const pace = new RateMeter();
    pace.perSecond(0, 0);
    pace.perSecond(1_000, 10_000);
    expect(pace.perSecond(1_100, 40_000)).toBeCloseTo(100 / 30);
  });
});
