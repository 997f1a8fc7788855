import { readCommandLine } from '../../../tools/crucible/options.js';

const read = (...args: readonly string[]) => readCommandLine(args, 'dist/cli.js');

describe('the command line of the crucible', () => {
  it('repeats the choices of an earlier run by its seed', () => {
    expect(read('--seed', '7').run).toEqual(read('--seed', '7').run);
    expect(read('--seed', '7').run.seed).toBe(7);
  });

  it('asks for a single run unless a number of faults is given', () => {
    expect(read().faults).toBeUndefined();
    expect(read('--faults', '3000').faults).toBe(3_000);
  });

  it.each([
    [['--faults', '0'], '--faults: 0 is not a number of faults to inject'],
    [['--faults', 'many'], '--faults: "many" is not a whole number'],
    [['--queues', '3'], '--queues: 3 is not 1 or 2'],
    [['--vector-type', 'bit'], '--vector-type: "bit" is not vector or halfvec'],
    [['--queues', '2', '--context', 'path'], '--queues 2 and --context path'],
  ])('rejects %j', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
