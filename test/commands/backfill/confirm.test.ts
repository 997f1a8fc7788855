import { PassThrough } from 'node:stream';
import { confirmed } from '../../../src/commands/backfill/confirm.js';

const NEVER = new AbortController().signal;

describe('the question before a backfill', () => {
  function ask(signal = NEVER) {
    const input = new PassThrough();
    const output = new PassThrough();
    const answer = confirmed('Continue?', { input, output, signal });
    return { input, answer, asked: () => String(output.read()) };
  }

  it.each([
    ['y', true],
    ['YES', true],
    [' y ', true],
    ['n', false],
    ['', false],
    ['yep', false],
  ])('reads %j as %j', async (text, expected) => {
    const { input, answer, asked } = ask();
    input.write(`${text}\n`);
    expect(await answer).toBe(expected);
    expect(asked()).toBe('Continue? [y/N] ');
  });

  it('reads the end of the input as no', async () => {
    const { input, answer } = ask();
    input.end();
    expect(await answer).toBe(false);
  });

  it('ends when interrupted', async () => {
    const interrupted = new AbortController();
    const { answer } = ask(interrupted.signal);
    interrupted.abort();
    await expect(answer).rejects.toThrow(/abort/i);
  });
});
