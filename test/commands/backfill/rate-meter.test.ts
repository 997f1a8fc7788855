import { RateMeter } from '../../../src/commands/backfill/rate-meter.js';

describe('the pace of a count', () => {
  it('is nothing as long as nothing is known', () => {
    expect(new RateMeter().perSecond(7, 1_000)).toBe(0);
  });

  it('is what was added a second', () => {
    const pace = new RateMeter();
    pace.perSecond(100, 0);
    expect(pace.perSecond(150, 2_000)).toBe(25);
  });

  it('forgets what is older than half a minute', () => {
    const pace = new RateMeter();
    pace.perSecond(0, 0);
    pace.perSecond(1_000, 10_000);
    expect(pace.perSecond(1_100, 40_000)).toBeCloseTo(100 / 30);
  });
});
