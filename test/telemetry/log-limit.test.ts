import { jest } from '@jest/globals';
import { LogLimit } from '../../src/telemetry/log-limit.js';

describe('a log limit', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('logs its message once per interval, independently of other limits', () => {
    const [first, second] = [new LogLimit(1_000), new LogLimit(1_000)];
    const logged: string[] = [];
    const logBoth = () => {
      first.run(() => logged.push('first'));
      second.run(() => logged.push('second'));
    };
    first.run(() => logged.push('first'));
    logBoth();
    jest.advanceTimersByTime(999);
    logBoth();
    expect(logged).toEqual(['first', 'second']);
    jest.advanceTimersByTime(1);
    logBoth();
    expect(logged).toEqual(['first', 'second', 'first', 'second']);
  });
});
