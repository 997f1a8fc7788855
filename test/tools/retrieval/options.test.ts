import { describe, expect, it } from '@jest/globals';
import { readCommandLine } from '../../../tools/retrieval/options.js';
import { DEFAULT_SETTING, eachChoiceAlone } from '../../../tools/retrieval/settings.js';

const read = (...args: string[]) => readCommandLine(args);

describe('the command line of the retrieval tool', () => {
  it('measures each choice alone by default', () => {
    expect(read()).toEqual({
      settings: eachChoiceAlone(),
      check: false,
      record: false,
      misses: false,
      seed: 1,
      json: false,
      help: false,
    });
  });

  it.each(['--check', '--record'])('measures only the default with %s', (option) => {
    expect(read(option).settings).toEqual([DEFAULT_SETTING]);
  });

  it.each([
    { args: ['--seed', '0'], says: '--seed: "0" is not a whole number of at least 1' },
    { args: ['--settings', 'path'], says: '--settings: unknown "path"' },
    { args: ['--check', '--settings', 'context=path'], says: '--settings: cannot be given with --check or --record' },
    { args: ['--fast'], says: "Unknown option '--fast'" },
  ])('rejects $args and names it', ({ args, says }) => {
    expect(() => read(...args)).toThrow(says);
  });
});
