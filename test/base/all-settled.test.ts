import { setImmediate as turn } from 'node:timers/promises';
import { allSettled } from '../../src/base/all-settled.js';

const first = new Error('first');
const second = new Error('second');

describe('waiting for all', () => {
  it('returns the results in the order of the list', async () => {
    await expect(allSettled([turn().then(() => 1), Promise.resolve('two')])).resolves.toEqual([1, 'two']);
  });

  it('throws the failure of the first in the list, even if another failed before', async () => {
    const work = [Promise.resolve(), turn().then(() => Promise.reject(first)), Promise.reject(second)];
    await expect(allSettled(work)).rejects.toBe(first);
  });

  it('waits for the others when one fails', async () => {
    let ended = false;
    const slow = turn().then(() => {
      ended = true;
    });
    await expect(allSettled([Promise.reject(first), slow])).rejects.toBe(first);
    expect(ended).toBe(true);
  });
});
