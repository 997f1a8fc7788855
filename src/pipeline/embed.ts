import { Unanswered, type Embedder } from '../embedder/embedder.js';
import { DrainingError, TookTooLongError } from '../embedder/errors.js';
import { LONG } from '../embedder/text-embedder.js';
import { PRIORITY } from '../queue/job.js';
import type { Verdict } from './outcome.js';
import type { PreparedText } from './prepare.js';

/** Whether it is an edit, not backlog. */
export const isLive = ({ job }: Pick<PreparedText, 'job'>) => job.data.priority === PRIORITY.live;

/** How long jobs may be processed, and when pg-boss expires them. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly expireMs: number;
}

/**
 * Embeds the texts of claimed blocks, ahead of backlog if an edit is among them. A shutdown, and an outage that outlasts
 * the signal, yield verdicts too.
 *
 * @returns long: texts to be embedded in parts, once the others are settled
 * @throws errors that neither a text nor the server can have caused
 */
export async function embed(
  embedder: Embedder,
  texts: readonly PreparedText[],
  deadline: Deadline,
): Promise<{ readonly verdicts: Verdict[]; readonly long: PreparedText[] }> {
  const priority = texts.some(isLive) ? PRIORITY.live : PRIORITY.backlog;
  const verdicts: Verdict[] = [];
  const long: PreparedText[] = [];
  try {
    const vectors = await embedder.embed(texts, { priority, explore: priority === PRIORITY.backlog, ...deadline });
    texts.forEach((prepared, i) => {
      const vector = vectors[i];
      if (vector === undefined) throw new RangeError(`got ${vectors.length} vectors for ${texts.length} texts`);
      if (vector === LONG) long.push(prepared);
      else if (vector instanceof Unanswered) verdicts.push(handBack(prepared.job, vector.reason, deadline.signal));
      else verdicts.push(verdictOf(prepared, vector));
    });
    return { verdicts, long };
  } catch (error) {
    return { verdicts: texts.map(({ job }) => handBack(job, error, deadline.signal)), long: [] };
  }
}

/** Embeds one text alone. If its time runs out, it is handed back as slow. */
export async function embedLong(
  embedder: Embedder,
  prepared: PreparedText,
  priority: number,
  deadline: Deadline,
): Promise<Verdict> {
  try {
    return verdictOf(prepared, await embedder.embedLong(prepared, { priority, ...deadline }));
  } catch (error) {
    return handBack(prepared.job, error, deadline.signal);
  }
}

function verdictOf({ job, fingerprint }: PreparedText, vector: Awaited<ReturnType<Embedder['embedLong']>>): Verdict {
  if (vector instanceof Float32Array) return { kind: 'store', job, fingerprint, vector };
  return { kind: 'fail', job, fingerprint, reason: vector.code, message: vector.message, final: false };
}

/** @throws the error unless it means shutdown or that the time is up */
function handBack(job: PreparedText['job'], error: unknown, signal: AbortSignal): Verdict {
  const slow = error instanceof TookTooLongError;
  const isShutdown = error instanceof DrainingError;
  if (!slow && !isShutdown && !signal.aborted) throw error;
  const reason = isShutdown ? 'shutdown' : slow ? 'timeout' : 'outage';
  return { kind: 'hand-back', job, reason, delaySeconds: 0, claimed: true, slow };
}
