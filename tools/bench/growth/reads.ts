import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { randomWords } from '../../stand-in/random.js';
import type { TestDatabase } from '../../../test/support/test-database.js';

const PER_SECOND = 500;
const CONNECTIONS = 8;
/** A reader that is late catches up, but not on more than this. */
const MAX_LAG_MS = 1_000;
const STATEMENT = {
  name: 'read',
  text: 'SELECT note_id, block_type, content, embedding_status FROM blocks WHERE id = $1',
};

/** Reads each of these blocks once, so that they are in memory. */
export async function readAll(db: TestDatabase, ids: readonly string[]): Promise<void> {
  await onConnections(db, async (client, connection) => {
    for (let i = connection; i < ids.length; i += CONNECTIONS) await read(client, ids[i]);
  });
}

/**
 * Reads blocks by their ids, 500 a second at random, until it is aborted.
 *
 * @returns how long each read took, in milliseconds
 */
export async function readAtRandom(
  db: TestDatabase,
  ids: readonly string[],
  seed: number,
  signal: AbortSignal,
): Promise<number[]> {
  const latencies: number[] = [];
  await onConnections(db, async (client, connection) => {
    const random = randomWords(`reads ${seed} ${connection}`);
    let due = performance.now() + (connection * 1000) / PER_SECOND;
    while (!signal.aborted) {
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
      const started = performance.now();
      await read(client, ids[random() % ids.length]);
      latencies.push(performance.now() - started);
      due = Math.max(due, started - MAX_LAG_MS) + (CONNECTIONS * 1000) / PER_SECOND;
    }
  });
  return latencies;
}

async function read(client: pg.Client, id: string | undefined): Promise<void> {
  const { rowCount } = await client.query({ ...STATEMENT, values: [id] });
  if (rowCount !== 1) throw new Error(`block ${id ?? ''} was not read`);
}

async function onConnections(
  db: TestDatabase,
  work: (client: pg.Client, connection: number) => Promise<void>,
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => db.connect('bench reader')));
  try {
    await Promise.all(clients.map(work));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
