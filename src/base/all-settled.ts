/**
 * Waits until all of them have ended, so that none is still running after a failure.
 *
 * @returns their results, in the order of the list
 * @throws the failure of the first in the list that failed, whichever failed first
 */
export async function allSettled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
  return await Promise.all(work);
}
