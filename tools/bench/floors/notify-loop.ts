import type pg from 'pg';

/**
 * The floor of the freshness scenario: from a commit on one connection to its notification on another.
 *
 * @returns milliseconds of each round trip
 */
export async function notifyLoop(listener: pg.Client, sender: pg.Client, rounds: number): Promise<number[]> {
  const trips: number[] = [];
  await listener.query('LISTEN bench_round_trip');
  for (let round = 0; round < rounds; round++) {
    const notified = new Promise<void>((resolve) => listener.once('notification', () => resolve()));
    const sent = performance.now();
    await sender.query(`SELECT pg_notify('bench_round_trip', $1)`, [String(round)]);
    await notified;
    trips.push(performance.now() - sent);
  }
  return trips;
}
