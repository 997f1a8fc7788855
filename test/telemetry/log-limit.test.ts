import { jest } from '@jest/globals';
import { LogLimit } from '../../src/telemetry/log-limit.js';

describe('a limit of a message', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets it pass once in so long, and keeps no other message', () => {
    const [first, second] = [new LogLimit(1_000), new LogLimit(1_000)];
    const said: string[] = [];
    const say = () => {
      first.run(() => said.push('first'));
      second.run(() => said.push('second'));
    };
    first.run(() => said.push('first'));
    say();
    jest.advanceTimersByTime(999);
    say();
    expect(said).toEqual(['first', 'second']);
    jest.advanceTimersByTime(1);
    say();
    expect(said).toEqual(['first', 'second', 'first', 'second']);
  });
});
