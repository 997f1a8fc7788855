/**
 * Waits for a promise until the signal is aborted. It leaves no listener on the signal.
 *
 * @throws what the promise rejects with, or the signal's reason when that is aborted first
 */
export async function abortable<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([awaited, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
