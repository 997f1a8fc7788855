/** Waits for all of them, even if one fails. @throws what the first of those that failed threw */
export async function allOf(works: readonly Promise<void>[]): Promise<void> {
  for (const ended of await Promise.allSettled(works)) if (ended.status === 'rejected') throw ended.reason;
}
