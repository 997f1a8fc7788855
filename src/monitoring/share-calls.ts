export interface ShareOptions {
  /** How long a result is kept, from the start of its call. Default: it is shared only while the call runs. */
  readonly keepMs?: number;
  /** How long callers wait, from the start of the call. Default: until it ends. */
  readonly timeoutMs?: number;
}

/**
 * Shares each run of `call` among everyone who calls while it runs, so that probes and scrapes never pile up on a
 * database that does not answer. A run that exceeds the timeout continues, and no other starts until it has ended.
 *
 * @returns a function that rejects as `call` does, and with an Error when the run takes longer than the timeout
 */
export function shareCalls<T>(call: () => Promise<T>, { keepMs = 0, timeoutMs }: ShareOptions = {}): () => Promise<T> {
  let startedAt = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  let result: Promise<T> | undefined;
  return () => {
    if (result === undefined || (!isRunning && performance.now() - startedAt >= keepMs)) {
      startedAt = performance.now();
      isRunning = true;
      const run = call().finally(() => {
        isRunning = false;
      });
      result = timeoutMs === undefined ? run : rejectAfter(timeoutMs, run);
    }
    return result;
  };
}

async function rejectAfter<T>(ms: number, run: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${ms / 1000} s`));
  }, ms);
  try {
    return await Promise.race([run, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
