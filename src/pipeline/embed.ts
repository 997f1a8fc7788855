import type { Embedder } from '../embedder/embedder.js';
import { DrainingError } from '../embedder/errors.js';
import { PRIORITY } from '../queue/job.js';
import type { HandBackReason, Verdict } from './outcome.js';
import type { PreparedText } from './prepare.js';

/** Whether someone is waiting for it: an edit, not backlog. */
export const isLive = ({ job }: Pick<PreparedText, 'job'>) => job.data.priority === PRIORITY.live;

/**
 * Embeds the texts of claimed blocks, ahead of backlog where an edit is among them. An outage that outlasts the signal and
 * a shutdown are verdicts, too.
 *
 * @throws what neither a text nor the server can have caused
 */
export async function embed(
  embedder: Embedder,
  texts: readonly PreparedText[],
  signal: AbortSignal,
): Promise<Verdict[]> {
  const priority = texts.some(isLive) ? PRIORITY.live : PRIORITY.backlog;
  try {
    const vectors = await embedder.embed(
      texts.map(({ text }) => text),
      { priority, signal },
    );
    return texts.map(({ job, fingerprint }, i): Verdict => {
      const vector = vectors[i];
      if (vector instanceof Float32Array) return { kind: 'store', job, fingerprint, vector };
      if (vector === undefined)
        throw new RangeError(`${texts.length} texts were embedded into ${vectors.length} vectors`);
      return { kind: 'fail', job, fingerprint, reason: vector.code, message: vector.message, final: false };
    });
  } catch (error) {
    const reason = error instanceof DrainingError ? 'shutdown' : signal.aborted ? 'outage' : undefined;
    if (reason === undefined) throw error;
    return texts.map(({ job }) => ({ kind: 'hand-back', job, reason, delaySeconds: 0, claimed: true }));
  }
}

/** Why jobs are handed back when their signal was aborted. */
export function reasonOf(signal: AbortSignal): HandBackReason {
  return signal.reason instanceof DrainingError ? 'shutdown' : 'outage';
}
