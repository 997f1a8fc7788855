import pg from 'pg';

/** The notifications on a channel, in order. */
export interface Notifications {
  /**
   * The payload of the next notification, which may have arrived already.
   *
   * @throws Error if none arrives within `timeoutMs`, by default 5 s
   */
  next(timeoutMs?: number): Promise<string>;
  /** Payloads that have arrived and were not taken by `next`. */
  readonly waiting: readonly string[];
  close(): Promise<void>;
}

/** Listens over the connection. `close` ends it. */
export async function openNotifications(client: pg.Client, channel: string): Promise<Notifications> {
  const waiting: string[] = [];
  const askers: ((payload: string) => void)[] = [];
  client.on('notification', ({ payload = '' }) => {
    const asker = askers.shift();
    if (asker === undefined) waiting.push(payload);
    else asker(payload);
  });
  await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  return {
    waiting,
    next: (timeoutMs = 5_000) => {
      const payload = waiting.shift();
      if (payload !== undefined) return Promise.resolve(payload);
      return new Promise((resolve, reject) => {
        const asker = (arrived: string) => {
          clearTimeout(timer);
          resolve(arrived);
        };
        const timer = setTimeout(() => {
          askers.splice(askers.indexOf(asker), 1);
          reject(new Error(`No notification on "${channel}" within ${String(timeoutMs)} ms`));
        }, timeoutMs);
        askers.push(asker);
      });
    },
    close: () => client.end(),
  };
}
