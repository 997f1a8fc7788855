import { LossHistory } from '../../src/embedder/loss-history.js';

const MINUTE = 60_000;

describe('the patience after losses', () => {
  it.each([
    ['is normal after three', [1, 2, 3], 3, 1],
    ['doubles with the fourth', [1, 2, 3, 4], 4, 2],
    ['doubles again with the fifth', [1, 2, 3, 4, 5], 5, 4],
    ['is normal again after ten minutes', [1, 2, 3, 4, 5], 20, 1],
  ])('%s', (_, lossesAt, askedAt, expected) => {
    const history = new LossHistory();
    for (const at of lossesAt) history.add((at - 0.5) * MINUTE, at * MINUTE);
    expect(history.patienceFactor(askedAt * MINUTE)).toBe(expected);
  });

  it('counts requests that were in flight together as one loss', () => {
    const history = new LossHistory();
    for (let i = 0; i < 10; i++) history.add(MINUTE + i, 2 * MINUTE + i);
    expect(history.patienceFactor(3 * MINUTE)).toBe(1);
  });
});
