import { describe, expect, test } from '@jest/globals';
import { parseFlags, toFlags } from '../../../tools/stand-in/flags.js';
import { DEFAULT_OPTIONS } from '../../../tools/stand-in/options.js';
import { USAGE } from '../../../tools/stand-in/usage.js';

describe('the command line of the stand-in', () => {
  test('sets options by their names in kebab case', () => {
    const args = '--port 0 --brain sentence --request-ms 20 --text-ms=5.5 --parallel Infinity --ignore-dimensions';
    expect(parseFlags(args.split(' '))).toEqual({
      port: 0,
      brain: 'sentence',
      requestMs: 20,
      textMs: 5.5,
      parallel: Infinity,
      ignoreDimensions: true,
      refuseDimensions: false,
      ignoreBase64: false,
      reverse: false,
      recordTexts: false,
    });
  });

  test.each([
    [['--request-ms', 'soon'], '--request-ms: "soon" is not a number'],
    [['--port='], '--port: "" is not a number'],
    [['--colour'], '--colour'],
    [['extra'], 'extra'],
  ])('rejects %j', (args, message) => {
    expect(() => parseFlags(args)).toThrow(message);
  });

  test('is described in full by the help text', () => {
    const flags = Object.keys(DEFAULT_OPTIONS).flatMap((name) => toFlags({ [name]: true }));
    const described = [...USAGE.matchAll(/^ {2}(--[a-z0-9-]+)/gm)].map(([, flag]) => flag);
    expect(described.sort()).toEqual([...flags, '--help'].sort());
  });

  test('is parsed into the options that it was made from', () => {
    const options = {
      textMs: 5,
      model: 'a b',
      recordTexts: true,
      ignoreDimensions: false,
      refuseDimensions: true,
      ignoreBase64: false,
      reverse: false,
      brain: 'deterministic' as const,
    };
    expect(parseFlags(toFlags(options))).toEqual(options);
  });
});
