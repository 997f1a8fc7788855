import { PassThrough } from 'node:stream';
import { jest } from '@jest/globals';
import { DemoInterruption } from '../../../tools/demo/interruption.js';

describe('an interruption of the demo', () => {
  const ended = new Error('the process ended');
  const arrive = (signal: NodeJS.Signals) => process.emit(signal, signal);
  let output: PassThrough;
  let interruption: DemoInterruption;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    output = new PassThrough();
    interruption = new DemoInterruption(output);
  });

  afterEach(() => {
    interruption.close();
    jest.restoreAllMocks();
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends it in good order on %s, with the status that a shell gives it: %i', (signal, status) => {
    arrive(signal);

    expect([interruption.signal.aborted, interruption.exitStatus]).toEqual([true, status]);
  });

  it('ends it in good order when nobody reads on', () => {
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));

    expect([interruption.signal.aborted, interruption.exitStatus]).toEqual([true, 141]);
  });

  it('hides no other failure of the output', () => {
    const failure = Object.assign(new Error('write EIO'), { code: 'EIO' });

    expect(() => output.emit('error', failure)).toThrow(failure);
  });

  it('lets the user insist, and says what stays behind', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    interruption.leftBehind = ' A schema stays.';
    arrive('SIGINT');
    nowMs += 200;

    expect(() => arrive('SIGTERM')).toThrow(ended);
    expect(exit).toHaveBeenCalledWith(143);
    expect(told).toHaveBeenCalledWith('\nEnding at once. A schema stays.\n');
  });

  it('lets the user insist when it ends because nobody reads on', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));

    expect(() => arrive('SIGINT')).toThrow(ended);
    expect(exit).toHaveBeenCalledWith(130);
  });

  it('takes a signal that npm passed on for the one that it is', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');

    expect([interruption.exitStatus, exit.mock.calls]).toEqual([143, []]);
  });
});
