import { jest } from '@jest/globals';
import { ServerTime } from '../../src/embedder/server-time.js';

describe('the time that the server spent on a request', () => {
  let time: ServerTime;
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    time = new ServerTime();
    time.answered(0, true); // the first, which may have loaded the model
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const answered = (sentAt: number, now: number, ok = true) => {
    jest.advanceTimersByTime(now - performance.now());
    return time.answered(sentAt, ok);
  };

  it('is that from sending to the answer, if no other request was in flight', () => {
    expect(answered(10, 40)).toBe(30);
    expect(answered(100, 150)).toBe(50);
  });

  it('begins with the answer to the request before it, if they were in flight together', () => {
    expect(answered(10, 40)).toBe(30);
    expect(answered(11, 75)).toBe(35);
  });

  it('is unknown for one that failed and for the next', () => {
    expect(answered(10, 40, false)).toBeUndefined();
    expect(answered(50, 90)).toBeUndefined();
    expect(answered(100, 120)).toBe(20);
  });

  it('is unknown for the first, and after a minute without any: the model may have been loaded', () => {
    expect(new ServerTime().answered(0, true)).toBeUndefined();
    expect(answered(60_000, 60_020)).toBe(20);
    expect(answered(120_021, 120_060)).toBeUndefined();
  });
});
