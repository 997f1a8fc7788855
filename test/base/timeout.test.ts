import { getEventListeners, once } from 'node:events';
import { Timeout } from '../../src/base/timeout.js';

const NEVER_MS = 1_000_000_000;

describe('a timeout', () => {
  it('aborts its signal once the time has passed, with the given reason', async () => {
    const reason = new Error('too long');
    const timeout = new Timeout(1, new AbortController().signal, () => reason);

    await once(timeout.signal, 'abort');

    expect(timeout.signal.reason).toBe(reason);
    expect(timeout.expired).toBe(true);
  });

  it('names the time in its default reason', async () => {
    const timeout = new Timeout(20, new AbortController().signal);

    await once(timeout.signal, 'abort');

    expect(timeout.signal.reason).toEqual(new Error('took longer than 0.02 s'));
  });

  it('aborts its signal when the other signal is aborted, for the same reason, and has not expired', () => {
    const other = new AbortController();
    const timeout = new Timeout(NEVER_MS, other.signal);

    other.abort(new Error('stopped'));
    timeout.clear();

    expect(timeout.signal.reason).toEqual(new Error('stopped'));
    expect(timeout.expired).toBe(false);
  });

  it('is aborted from the start if the other signal is', () => {
    const timeout = new Timeout(NEVER_MS, AbortSignal.abort(new Error('stopped')));
    timeout.clear();

    expect(timeout.signal.reason).toEqual(new Error('stopped'));
    expect(timeout.expired).toBe(false);
  });

  it('leaves no listener on the other signal once it is cleared', () => {
    const { signal } = new AbortController();
    const timeout = new Timeout(NEVER_MS, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);

    timeout.clear();

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('never expires once it is cleared', async () => {
    const cleared = new Timeout(1, new AbortController().signal);
    cleared.clear();

    await once(new Timeout(5, new AbortController().signal).signal, 'abort'); // a later and longer timer

    expect(cleared.expired).toBe(false);
  });
});
