import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/**
 * Asks on a terminal. Any answer but y or yes means no.
 *
 * @throws AbortError when aborted before the answer
 */
export async function confirmed(
  question: string,
  { input, output, signal }: { input: Readable; output: Writable; signal: AbortSignal },
): Promise<boolean> {
  // With `terminal` readline would take Ctrl-C; without, it stays a signal for `Interruption`.
  const lines = createInterface({ input, output, terminal: false });
  const ended = new AbortController();
  lines.once('close', () => {
    ended.abort();
  });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: AbortSignal.any([signal, ended.signal]) });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    signal.throwIfAborted();
    if (ended.signal.aborted) return false; // Ctrl-D
    throw error;
  } finally {
    lines.close();
  }
}
