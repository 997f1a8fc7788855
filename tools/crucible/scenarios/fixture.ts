import { QUEUE } from '../testbed/queue-names.js';
import type { OpenTestbed } from '../testbed/open-testbed.js';
import type { Replica } from '../testbed/replica.js';
import { until } from '../until.js';

/** The worker's defaults, for variables that the crucible's own runs set to other values. */
export const PRODUCTION: Readonly<Record<string, string>> = {
  PALDOCS_HEARTBEAT_SECONDS: '30',
  PALDOCS_JOB_EXPIRE_SECONDS: '900',
  PALDOCS_RETRY_DELAY_SECONDS: '2',
  PALDOCS_RETRY_DELAY_MAX_SECONDS: '300',
  PALDOCS_EMBEDDING_TIMEOUT_SECONDS: '300',
  PALDOCS_POLL_INTERVAL_SECONDS: '60',
  PALDOCS_WORKER_CONCURRENCY: '10',
  PALDOCS_BATCH_SIZE: '', // learned
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '25',
};

/** A testbed with one note, and the steps and questions that scenarios have in common. */
export class Fixture {
  readonly testbed: OpenTestbed;
  readonly #noteId: string;

  private constructor(testbed: OpenTestbed, noteId: string) {
    this.testbed = testbed;
    this.#noteId = noteId;
  }

  static async create(testbed: OpenTestbed): Promise<Fixture> {
    const [note] = await testbed.database.query<{ id: string }>(
      "INSERT INTO notes (title) VALUES ('A note') RETURNING id::text AS id",
    );
    return new Fixture(testbed, note?.id ?? '');
  }

  /** Inserts paragraphs in one statement. @returns their ids */
  async insert(
    count: number,
    text: (i: number) => string = (i) => `Paragraph ${i} of the scenario.`,
  ): Promise<string[]> {
    const contents = Array.from({ length: count }, (_, i) => JSON.stringify(text(i)));
    const rows = await this.testbed.database.persist<{ id: string }>(
      `INSERT INTO blocks (note_id, block_type, content) SELECT $1, 'paragraph', c::jsonb
         FROM unnest($2::text[]) WITH ORDINALITY AS t (c, place) ORDER BY place RETURNING id::text AS id`,
      [this.#noteId, contents],
    );
    return rows.map(({ id }) => id);
  }

  /** How many blocks have the status. */
  async count(status: string): Promise<number> {
    const [row] = await this.testbed.database.persist<{ n: number }>(
      'SELECT count(*)::int AS n FROM blocks WHERE embedding_status = $1',
      [status],
    );
    return row?.n ?? 0;
  }

  /** @returns seconds until at least `count` blocks have the status; Infinity if that did not happen in time */
  async secondsUntil(status: string, count: number, timeoutSeconds: number): Promise<number> {
    const started = performance.now();
    const reached = await until(async () => (await this.count(status)) >= count, timeoutSeconds * 1000, 20);
    return reached ? (performance.now() - started) / 1000 : Infinity;
  }

  /** How many jobs counted a failure. */
  async failures(): Promise<number> {
    const [row] = await this.testbed.database.persist<{ n: number }>(
      `SELECT count(*)::int AS n FROM pgboss.job_common WHERE name = $1 AND (state IN ('retry', 'failed') OR (data ? 'failures'))`,
      [QUEUE],
    );
    return row?.n ?? 0;
  }

  /** The replica that leads, and the process id of its session on the server. */
  async leader(): Promise<{ readonly replica: Replica; readonly pid: number } | undefined> {
    const rows = await this.testbed.database.persist<{ port: number; pid: number }>(
      `SELECT client_port AS port, pid FROM pg_stat_activity a WHERE application_name LIKE 'embedding-worker % L %'
          AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)`,
    );
    for (const { port, pid } of rows) {
      const replica = this.testbed.fleet.replicas.find(({ links }) => links.session.serverSidePorts.includes(port));
      if (replica !== undefined) return { replica, pid };
    }
    return undefined;
  }

  async requireLeader(): Promise<{ readonly replica: Replica; readonly pid: number }> {
    let leader: Awaited<ReturnType<Fixture['leader']>>;
    await until(async () => (leader = await this.leader()) !== undefined, 20_000);
    if (leader === undefined) throw new Error('no replica leads');
    return leader;
  }

  /** Workers that were running and ended by themselves. */
  get crashes(): number {
    return this.testbed.fleet.ended.filter(({ expected, started }) => !expected && started).length;
  }
}
