import { PassThrough } from 'node:stream';
import { confirmed } from '../../../src/commands/backfill/confirm.js';

const NEVER = new AbortController().signal;

describe('the question before a backfill', () => {
  function ask(signal = NEVER) {
    const input = new PassThrough();
    const output = new PassThrough();
    const answer = confirmed('Go on?', { input, output, signal });
    return { input, answer, asked: () => String(output.read()) };
  }

  it.each([
    ['y', true],
    ['YES', true],
    [' y ', true],
    ['n', false],
    ['', false],
    ['yep', false],
  ])('takes %j for %j', async (text, expected) => {
    const { input, answer, asked } = ask();
    input.write(`${text}\n`);
    expect(await answer).toBe(expected);
    expect(asked()).toBe('Go on? [y/N] ');
  });

  it('takes the end of the input for no', async () => {
    const { input, answer } = ask();
    input.end();
    expect(await answer).toBe(false);
  });

  it('is given up when interrupted', async () => {
    const interrupted = new AbortController();
    const { answer } = ask(interrupted.signal);
    interrupted.abort();
    await expect(answer).rejects.toThrow(/abort/i);
  });
});
