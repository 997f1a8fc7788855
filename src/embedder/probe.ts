import { embedOnce, type EmbedOnceOptions } from './embed-once.js';

export type ProbeOptions = EmbedOnceOptions;

/** As many as a worker sends at once, by default. */
export const BATCH_TEXTS = 10;

const TEXT = 'Deployments are rolled back by reverting the commit; the controller brings the cluster in line.';
const OTHER_TEXT = 'Bake the bread for forty minutes, until its crust is golden.';

/** Two texts this unlike never have all but the same vector, and one text always has. Cosine similarity. */
const SAME = 0.99;

/**
 * Embeds a text as the worker would, the model being loaded first.
 *
 * @returns how long loading took, in milliseconds; little where it was loaded
 * @throws WorkerError that says what is wrong with server, model or vector
 */
export async function probeVector(options: ProbeOptions): Promise<{ readonly loadMs: number }> {
  const started = performance.now();
  await options.provider.load(options.signal);
  const loadMs = performance.now() - started;
  await embedOnce(options, [TEXT]);
  return { loadMs };
}

export interface ProbedSpeed {
  readonly singleMs: number;
  /** For `BATCH_TEXTS` at once. */
  readonly batchMs: number;
  /** Whether a text has the same vector alone and among others. */
  readonly consistent: boolean;
  /** Whether different texts have different vectors. */
  readonly distinct: boolean;
}

/** Times a request with one text and one with several, on a model that is loaded. */
export async function probeSpeed(options: ProbeOptions): Promise<ProbedSpeed> {
  let started = performance.now();
  const [alone] = await embedOnce(options, [TEXT]);
  const singleMs = performance.now() - started;
  started = performance.now();
  const texts = Array.from({ length: BATCH_TEXTS - 2 }, (_, i) => `${i + 1}. ${TEXT}`);
  const batch = await embedOnce(options, [OTHER_TEXT, ...texts, TEXT]);
  const batchMs = performance.now() - started;
  return {
    singleMs,
    batchMs,
    consistent: similarity(alone, batch.at(-1)) > SAME,
    distinct: similarity(batch[0], batch.at(-1)) < SAME,
  };
}

/** Cosine similarity of vectors of length 1. */
function similarity(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a?.reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0) ?? 0;
}
