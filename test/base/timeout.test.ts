import { getEventListeners, once } from 'node:events';
import { Timeout } from '../../src/base/timeout.js';

const NEVER_MS = 1_000_000_000;

describe('a time limit', () => {
  it('aborts its signal once the time has passed, with the reason it was given', async () => {
    const reason = new Error('too long');
    const limit = new Timeout(1, new AbortController().signal, () => reason);

    await once(limit.signal, 'abort');

    expect(limit.signal.reason).toBe(reason);
    expect(limit.expired).toBe(true);
  });

  it('says how long it was where it was given no reason', async () => {
    const limit = new Timeout(20, new AbortController().signal);

    await once(limit.signal, 'abort');

    expect(limit.signal.reason).toEqual(new Error('took longer than 0.02 s'));
  });

  it("aborts its signal with the other's, for the other's reason, and has not passed then", () => {
    const other = new AbortController();
    const limit = new Timeout(NEVER_MS, other.signal);

    other.abort(new Error('stopped'));
    limit.clear();

    expect(limit.signal.reason).toEqual(new Error('stopped'));
    expect(limit.expired).toBe(false);
  });

  it('is aborted from the start where the other is', () => {
    const limit = new Timeout(NEVER_MS, AbortSignal.abort(new Error('stopped')));
    limit.clear();

    expect(limit.signal.reason).toEqual(new Error('stopped'));
    expect(limit.expired).toBe(false);
  });

  it('leaves nothing on the other once it was cleared', () => {
    const { signal } = new AbortController();
    const limit = new Timeout(NEVER_MS, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);

    limit.clear();

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('never passes once it was cleared', async () => {
    const cleared = new Timeout(1, new AbortController().signal);
    cleared.clear();

    await once(new Timeout(5, new AbortController().signal).signal, 'abort'); // a timer set later, for longer

    expect(cleared.expired).toBe(false);
  });
});
