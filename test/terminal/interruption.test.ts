import { jest } from '@jest/globals';
import { Interruption } from '../../src/terminal/interruption.js';

describe('an interruption', () => {
  const calls: string[] = [];
  const ended = new Error('the process ended');
  let interruption: Interruption;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 1_000;
    calls.length = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    interruption = new Interruption({
      onFirst: (signal) => calls.push(`first ${signal}`),
      onSecond: (signal) => {
        calls.push(`second ${signal}`);
        throw ended;
      },
    });
  });

  afterEach(() => {
    interruption.close();
    jest.restoreAllMocks();
  });

  const arrive = (signal: NodeJS.Signals) => process.emit(signal, signal);

  it.each(['SIGINT', 'SIGTERM'] as const)('aborts its signal on %s, and reports which one it was', (signal) => {
    arrive(signal);

    expect(interruption.signal.aborted).toBe(true);
    expect(calls).toEqual([`first ${signal}`]);
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('ends the process on a second signal: %s, then %s', (first, second) => {
    arrive(first);
    nowMs += 200;

    expect(() => arrive(second)).toThrow(ended);
    expect(calls).toEqual([`first ${first}`, `second ${second}`]);
  });

  it('counts a signal once that the parent process received and passed on as well', () => {
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');

    expect(calls).toEqual(['first SIGTERM']);
  });

  it('ends the process on another signal after a duplicate', () => {
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');
    nowMs += 200;

    expect(() => arrive('SIGTERM')).toThrow(ended);
  });

  it('ignores signals once it is closed', () => {
    const before = process.listenerCount('SIGTERM');
    interruption.close();

    expect(process.listenerCount('SIGTERM')).toBe(before - 1);
    expect(interruption.signal.aborted).toBe(false);
  });
});
