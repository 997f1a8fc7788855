import { embedOnce, type EmbedOnceOptions } from './embed-once.js';
import { isProviderError, inputMayBeAtFault } from './errors.js';

export type ProbeOptions = EmbedOnceOptions;

/** The default batch size of a worker. */
const BATCH_TEXTS = 10;

const TEXT = 'Deployments are rolled back by reverting the commit; the controller brings the cluster in line.';
const OTHER_TEXT = 'Bake the bread for forty minutes, until its crust is golden.';

/** Cosine similarity. One text's vectors are always closer than this, those of two so different texts never. */
const SAME = 0.99;

/**
 * Embeds a text as the worker would.
 *
 * @throws WorkerError that says what is wrong with the server, the model or the vector
 */
export async function probeVector(options: ProbeOptions): Promise<void> {
  await embedOnce(options, [TEXT]);
}

export interface ProbedSpeed {
  readonly singleMs: number;
  readonly batchMs: number;
  /** Texts in the batch. */
  readonly texts: number;
  /** Whether the server accepts no more texts in one request. */
  readonly isMax: boolean;
  /** Whether a text gets the same vector alone and in a batch. */
  readonly consistent: boolean;
  /** Whether different texts get different vectors. */
  readonly distinct: boolean;
}

/**
 * Times a request with one text and one with several, on a loaded model. If the server accepts fewer texts than a worker
 * sends, finds out how many it accepts.
 *
 * @throws WorkerError that says what is wrong with the server
 */
export async function probeSpeed(options: ProbeOptions): Promise<ProbedSpeed> {
  const started = performance.now();
  const [alone] = await embedOnce(options, [TEXT]);
  const singleMs = performance.now() - started;
  const wanted = Math.min(BATCH_TEXTS, options.provider.maxTexts);
  const batch = await largestBatch(options, wanted);
  if (batch === undefined) {
    const [other] = await embedOnce(options, [OTHER_TEXT]);
    const distinct = similarity(alone, other) < SAME;
    return { singleMs, batchMs: singleMs, texts: 1, isMax: wanted > 1, consistent: true, distinct };
  }
  const { vectors, batchMs } = batch;
  return {
    singleMs,
    batchMs,
    texts: vectors.length,
    isMax: vectors.length < wanted,
    consistent: similarity(alone, vectors.at(-1)) > SAME,
    distinct: similarity(vectors[0], vectors.at(-1)) < SAME,
  };
}

interface Batch {
  readonly vectors: readonly Float32Array[];
  readonly batchMs: number;
}

/** @returns undefined if the server accepts one text per request but not two */
async function largestBatch(options: ProbeOptions, wanted: number): Promise<Batch | undefined> {
  let largest: Batch | undefined;
  let max = wanted;
  for (let size = wanted; size > Math.max(1, largest?.vectors.length ?? 1);) {
    const batch = await tryBatch(options, size);
    if (batch === undefined) max = size - 1;
    else largest = batch;
    size = Math.ceil(((largest?.vectors.length ?? 1) + max) / 2);
  }
  return largest;
}

/** @returns undefined if the server rejects this many texts; it accepts each of them alone */
async function tryBatch(options: ProbeOptions, size: number): Promise<Batch | undefined> {
  const texts = Array.from({ length: size - 2 }, (_, i) => `${i + 1}. ${TEXT}`);
  const started = performance.now();
  try {
    const vectors = await embedOnce(options, [OTHER_TEXT, ...texts, TEXT]);
    return { vectors, batchMs: performance.now() - started };
  } catch (error) {
    if (!isProviderError(error) || !inputMayBeAtFault(error)) throw error;
    return undefined;
  }
}

/** Cosine similarity of vectors of length 1. */
function similarity(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a?.reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0) ?? 0;
}
