import pg from 'pg';

/** What arrives on one channel, in order. */
export interface Notifications {
  /**
   * The payload of the next one, whether it has come already or is still to come.
   *
   * @throws Error when none comes within `timeoutMs`, 5 s unless told
   */
  next(timeoutMs?: number): Promise<string>;
  /** Those that have come and not been asked for. */
  readonly waiting: readonly string[];
  close(): Promise<void>;
}

/** Listens on the connection, and ends it when closed. */
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
