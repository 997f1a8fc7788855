import { QUEUE } from '../../../src/queue/job.js';
import type { OpenSite } from '../site/open-site.js';
import type { Replica } from '../site/replica.js';
import { until } from '../until.js';

/** What the worker does unless told, where the crucible tells it otherwise. */
export const PRODUCTION: Readonly<Record<string, string>> = {
  PALDOCS_HEARTBEAT_SECONDS: '30',
  PALDOCS_JOB_EXPIRE_SECONDS: '900',
  PALDOCS_RETRY_DELAY_SECONDS: '2',
  PALDOCS_RETRY_DELAY_MAX_SECONDS: '300',
  PALDOCS_EMBEDDING_TIMEOUT_SECONDS: '300',
  PALDOCS_POLL_INTERVAL_SECONDS: '60',
  PALDOCS_WORKER_CONCURRENCY: '10',
  PALDOCS_BATCH_SIZE: '10',
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '25',
};

/** A site with one note, and what a figure asks of it. */
export class Scene {
  readonly site: OpenSite;
  readonly #noteId: string;

  private constructor(site: OpenSite, noteId: string) {
    this.site = site;
    this.#noteId = noteId;
  }

  static async set(site: OpenSite): Promise<Scene> {
    const [note] = await site.database.query<{ id: string }>(
      "INSERT INTO notes (title) VALUES ('A note') RETURNING id::text AS id",
    );
    return new Scene(site, note?.id ?? '');
  }

  /** Inserts paragraphs in one statement. @returns their ids */
  async insert(count: number, text: (i: number) => string = (i) => `Paragraph ${i} of the figure.`): Promise<string[]> {
    const contents = Array.from({ length: count }, (_, i) => JSON.stringify(text(i)));
    const rows = await this.site.database.persist<{ id: string }>(
      `INSERT INTO blocks (note_id, block_type, content) SELECT $1, 'paragraph', c::jsonb
         FROM unnest($2::text[]) WITH ORDINALITY AS t (c, place) ORDER BY place RETURNING id::text AS id`,
      [this.#noteId, contents],
    );
    return rows.map(({ id }) => id);
  }

  /** How many blocks have this status. */
  async count(status: string): Promise<number> {
    const [row] = await this.site.database.persist<{ n: number }>(
      'SELECT count(*)::int AS n FROM blocks WHERE embedding_status = $1',
      [status],
    );
    return row?.n ?? 0;
  }

  /** @returns seconds until so many have this status; Infinity where they did not get there */
  async secondsUntil(status: string, count: number, timeoutSeconds: number): Promise<number> {
    const started = performance.now();
    const reached = await until(async () => (await this.count(status)) >= count, timeoutSeconds * 1000, 20);
    return reached ? (performance.now() - started) / 1000 : Infinity;
  }

  /** Failures that were counted against blocks, by their live jobs and dead letters. */
  async failures(): Promise<number> {
    const [row] = await this.site.database.persist<{ n: number }>(
      `SELECT count(*)::int AS n FROM pgboss.job_common WHERE name = $1 AND (state IN ('retry', 'failed') OR (data ? 'failures'))`,
      [QUEUE],
    );
    return row?.n ?? 0;
  }

  /** The replica that leads, and the server's process of its session. */
  async leader(): Promise<{ readonly replica: Replica; readonly pid: number } | undefined> {
    const rows = await this.site.database.persist<{ port: number; pid: number }>(
      `SELECT client_port AS port, pid FROM pg_stat_activity a WHERE application_name LIKE 'embedding-worker leader%'
          AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)`,
    );
    for (const { port, pid } of rows) {
      const replica = this.site.fleet.replicas.find(({ links }) => links.session.serverSidePorts.includes(port));
      if (replica !== undefined) return { replica, pid };
    }
    return undefined;
  }

  async requireLeader(): Promise<{ readonly replica: Replica; readonly pid: number }> {
    let leader: Awaited<ReturnType<Scene['leader']>>;
    await until(async () => (leader = await this.leader()) !== undefined, 20_000);
    if (leader === undefined) throw new Error('no replica leads');
    return leader;
  }

  /** Worker processes that worked and have ended by themselves. */
  get died(): number {
    return this.site.fleet.ended.filter(({ expected, started }) => !expected && started).length;
  }
}
