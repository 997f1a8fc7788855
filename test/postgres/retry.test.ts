import { retryTransient } from '../../src/postgres/retry.js';

const deadlock = () => Object.assign(new Error('deadlock detected'), { code: '40P01' });
const never = new AbortController().signal;

describe('retrying', () => {
  it('repeats work that fails with a transient error', async () => {
    let tries = 0;
    const messages: string[] = [];
    const result = await retryTransient(
      () => {
        tries += 1;
        return tries < 3 ? Promise.reject(deadlock()) : Promise.resolve('done');
      },
      { signal: never, onRetry: (error) => messages.push(error.message) },
    );
    expect(result).toBe('done');
    expect(messages).toEqual(['deadlock detected', 'deadlock detected']);
  });

  it('does not repeat work that fails with another error', async () => {
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(Object.assign(new Error('no such table'), { code: '42P01' }));
    };
    await expect(retryTransient(work, { signal: never })).rejects.toMatchObject({ code: '42P01' });
    expect(tries).toBe(1);
  });

  it('ends after the time limit with the last error', async () => {
    const work = () => Promise.reject(deadlock());
    await expect(retryTransient(work, { signal: never, maxWaitMs: 200 })).rejects.toMatchObject({ code: '40P01' });
  });

  it('ends when the signal is aborted', async () => {
    const stopping = new AbortController();
    const work = () => {
      stopping.abort(new Error('stopping'));
      return Promise.reject(deadlock());
    };
    await expect(retryTransient(work, { signal: stopping.signal })).rejects.toThrow('stopping');
  });
});
