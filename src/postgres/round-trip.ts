import { randomBytes } from 'node:crypto';
import type { Database } from './database.js';

/**
 * Sends a notification as the API does and receives it as the bridge does, on a channel of its own. Through a pooler in
 * transaction mode it never arrives.
 *
 * @returns the time it took, in milliseconds; undefined when it did not arrive in time
 * @throws the driver's error when no session can be opened
 */
export async function notifyRoundTrip(db: Database, timeoutMs: number): Promise<number | undefined> {
  const channel = `embedding_worker_doctor_${randomBytes(8).toString('hex')}`;
  const session = await db.connect({ applicationName: 'embedding-worker doctor' });
  let timer: NodeJS.Timeout | undefined;
  try {
    const arrived = Promise.withResolvers<number | undefined>();
    let sentAt = Number.NaN;
    await session.listen(channel, () => {
      arrived.resolve(performance.now() - sentAt);
    });
    timer = setTimeout(arrived.resolve, timeoutMs, undefined);
    sentAt = performance.now();
    await db.query(`SELECT pg_notify($1, '')`, [channel]);
    return await arrived.promise;
  } finally {
    clearTimeout(timer);
    await session.close();
  }
}
