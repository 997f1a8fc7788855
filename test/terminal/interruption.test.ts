import { jest } from '@jest/globals';
import { Interruption } from '../../src/terminal/interruption.js';

describe('an interruption', () => {
  const told: string[] = [];
  const ended = new Error('the process ended');
  let interruption: Interruption;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 1_000;
    told.length = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    interruption = new Interruption({
      onFirst: (signal) => told.push(`first ${signal}`),
      onSecond: (signal) => {
        told.push(`second ${signal}`);
        throw ended;
      },
    });
  });

  afterEach(() => {
    interruption.close();
    jest.restoreAllMocks();
  });

  const arrive = (signal: NodeJS.Signals) => process.emit(signal, signal);

  it.each(['SIGINT', 'SIGTERM'] as const)('aborts its signal on %s, and tells which one it was', (signal) => {
    arrive(signal);

    expect(interruption.signal.aborted).toBe(true);
    expect(told).toEqual([`first ${signal}`]);
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('lets the user insist: %s, then %s', (first, second) => {
    arrive(first);
    nowMs += 200;

    expect(() => arrive(second)).toThrow(ended);
    expect(told).toEqual([`first ${first}`, `second ${second}`]);
  });

  it('takes a signal that a parent passed on, having got it as well, for the one that it is', () => {
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');

    expect(told).toEqual(['first SIGTERM']);
  });

  it('lets the user insist after a signal that was passed on', () => {
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');
    nowMs += 200;

    expect(() => arrive('SIGTERM')).toThrow(ended);
  });

  it('hears nothing once it was closed', () => {
    const before = process.listenerCount('SIGTERM');
    interruption.close();

    expect(process.listenerCount('SIGTERM')).toBe(before - 1);
    expect(interruption.signal.aborted).toBe(false);
  });
});
