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
  ] as const)('ends it cleanly on %s, with the exit status %i', (signal, status) => {
    arrive(signal);

    expect([interruption.signal.aborted, interruption.exitStatus]).toEqual([true, status]);
  });

  it('ends it cleanly when its output is closed', () => {
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));

    expect([interruption.signal.aborted, interruption.exitStatus]).toEqual([true, 141]);
  });

  it('does not hide another failure of the output', () => {
    const failure = Object.assign(new Error('write EIO'), { code: 'EIO' });

    expect(() => output.emit('error', failure)).toThrow(failure);
  });

  it('ends it at once at a second signal, and says what is left behind', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    interruption.leftBehind = ' A schema is left.';
    arrive('SIGINT');
    nowMs += 200;

    expect(() => arrive('SIGTERM')).toThrow(ended);
    expect(exit).toHaveBeenCalledWith(143);
    expect(written).toHaveBeenCalledWith('\nEnding at once. A schema is left.\n');
  });

  it('ends it at once at a signal after its output was closed', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));

    expect(() => arrive('SIGINT')).toThrow(ended);
    expect(exit).toHaveBeenCalledWith(130);
  });

  it('counts a signal once if npm passes on a copy of it', () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
      throw ended;
    });
    arrive('SIGTERM');
    nowMs += 20;
    arrive('SIGTERM');

    expect([interruption.exitStatus, exit.mock.calls]).toEqual([143, []]);
  });
});
