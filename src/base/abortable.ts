/**
 * Waits for a promise, for as long as the signal lets it. Leaves nothing on the signal.
 *
 * @throws the signal's reason when it is aborted first
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
