import { describe, expect, test } from '@jest/globals';
import { parseFlags, toFlags } from '../../../tools/stand-in/flags.js';

describe('the command line', () => {
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
  ])('refuses %j', (args, message) => {
    expect(() => parseFlags(args)).toThrow(message);
  });

  test('is read back as it was written', () => {
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
