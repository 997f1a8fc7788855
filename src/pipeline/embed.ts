import type { Embedder } from '../embedder/embedder.js';
import { DrainingError, TookTooLongError } from '../embedder/errors.js';
import { LONG } from '../embedder/text-embedder.js';
import { PRIORITY } from '../queue/job.js';
import type { HandBackReason, Verdict } from './outcome.js';
import type { PreparedText } from './prepare.js';

/** Whether someone is waiting for it: an edit, not backlog. */
export const isLive = ({ job }: Pick<PreparedText, 'job'>) => job.data.priority === PRIORITY.live;

/** How long jobs are worked on, and how long they are ours. */
export interface HoldTime {
  readonly signal: AbortSignal;
  readonly expireMs: number;
}

/**
 * Embeds the texts of claimed blocks, ahead of backlog where an edit is among them. An outage that outlasts the signal and
 * a shutdown are verdicts, too.
 *
 * @returns long: texts that have to be embedded in parts, once the others are settled
 * @throws what neither a text nor the server can have caused
 */
export async function embed(
  embedder: Embedder,
  texts: readonly PreparedText[],
  time: HoldTime,
): Promise<{ readonly verdicts: Verdict[]; readonly long: PreparedText[] }> {
  const priority = texts.some(isLive) ? PRIORITY.live : PRIORITY.backlog;
  const verdicts: Verdict[] = [];
  const long: PreparedText[] = [];
  try {
    const vectors = await embedder.embed(
      texts.map(({ text }) => text),
      { priority, ...time },
    );
    texts.forEach((prepared, i) => {
      const vector = vectors[i];
      if (vector === undefined) throw new RangeError(`${texts.length} texts made ${vectors.length} vectors`);
      if (vector === LONG) long.push(prepared);
      else verdicts.push(verdictOf(prepared, vector));
    });
    return { verdicts, long };
  } catch (error) {
    return { verdicts: texts.map(({ job }) => handBack(job, error, time.signal)), long: [] };
  }
}

/** Embeds one text alone. Where its time is up, it is handed back as slow. */
export async function embedLong(
  embedder: Embedder,
  prepared: PreparedText,
  priority: number,
  time: HoldTime,
): Promise<Verdict> {
  try {
    return verdictOf(prepared, await embedder.embedLong(prepared.text, { priority, ...time }));
  } catch (error) {
    return handBack(prepared.job, error, time.signal);
  }
}

function verdictOf({ job, fingerprint }: PreparedText, vector: Awaited<ReturnType<Embedder['embedLong']>>): Verdict {
  if (vector instanceof Float32Array) return { kind: 'store', job, fingerprint, vector };
  return { kind: 'fail', job, fingerprint, reason: vector.code, message: vector.message, final: false };
}

/** @throws the error where it is neither the shutdown nor the end of the time */
function handBack(job: PreparedText['job'], error: unknown, signal: AbortSignal): Verdict {
  const slow = error instanceof TookTooLongError;
  const isShutdown = error instanceof DrainingError;
  if (!slow && !isShutdown && !signal.aborted) throw error;
  const reason = isShutdown ? 'shutdown' : slow ? 'timeout' : 'outage';
  return { kind: 'hand-back', job, reason, delaySeconds: 0, claimed: true, slow };
}

/** Why jobs are handed back when their signal was aborted. */
export function reasonOf(signal: AbortSignal): HandBackReason {
  return signal.reason instanceof DrainingError ? 'shutdown' : 'outage';
}
