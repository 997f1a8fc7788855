import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { referenceSchema } from '../../tools/reference-schema.js';
import { HARNESS_NAME, withClient } from './harness-client.js';
import { openNotifications, type Notifications } from './notifications.js';
import { variantSql, type ContentType, type IdType, type SchemaVariant } from './schema-variant.js';
import { databaseUrl, type Server } from './server.js';
import { poll } from './poll.js';

/** How long a closed connection may take to disappear from the server. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/** One database with the reference schema, or a variant of it, on a real server. */
export class TestDatabase {
  readonly url: string;
  readonly name: string;
  readonly idType: IdType;
  readonly contentType: ContentType;
  readonly #server: Server;
  readonly #pool: pg.Pool;
  #dropped: Promise<void> | undefined;

  /** Clones the server's template, which takes about 50 ms. */
  static async create(server: Server, variant: SchemaVariant): Promise<TestDatabase> {
    const name = `embedding_worker_${randomBytes(6).toString('hex')}`;
    const { encoding } = variant;
    const template =
      encoding === undefined
        ? `TEMPLATE ${server.template}`
        : `TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`;
    await withClient(server.url, (client) => client.query(`CREATE DATABASE ${name} ${template}`));
    const database = new TestDatabase(server, name, variant);
    if (encoding !== undefined) {
      const { tables, trigger } = await referenceSchema();
      await database.query(tables);
      await database.query(trigger);
    }
    for (const statement of await variantSql(variant)) await database.query(statement);
    return database;
  }

  private constructor(server: Server, name: string, { idType = 'bigint', contentType = 'jsonb' }: SchemaVariant) {
    this.#server = server;
    this.name = name;
    this.url = databaseUrl(server, name);
    this.idType = idType;
    this.contentType = contentType;
    this.#pool = new pg.Pool({
      connectionString: this.url,
      application_name: HARNESS_NAME,
      max: 4,
      allowExitOnIdle: true,
    });
    this.#pool.on('error', () => undefined); // a test may stop the server
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, values.length === 0 ? undefined : [...values])).rows;
  }

  /** Opens a separate connection, for locks and transactions. Call `end()`, or `drop()` fails. */
  async connect(applicationName = 'test'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, application_name: applicationName });
    client.on('error', () => undefined); // pending queries reject
    await client.connect();
    return client;
  }

  /** Starts to listen. Call `close()`, or `drop()` fails. */
  async notifications(channel: string): Promise<Notifications> {
    return await openNotifications(await this.connect(`test notifications of ${channel}`), channel);
  }

  /**
   * Repeats the query until its first row satisfies the predicate, and returns that row.
   *
   * @throws Error with the last row, after `timeoutMs`
   */
  async untilRow<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[],
    predicate: (row: Row) => boolean,
    timeoutMs = 10_000,
  ): Promise<Row> {
    let last: Row | undefined;
    const found = await poll(timeoutMs, async () => {
      [last] = await this.query<Row>(text, values);
      return last !== undefined && predicate(last) ? last : undefined;
    });
    if (found !== undefined) return found;
    const what = last === undefined ? 'there was no row' : `the last row was ${JSON.stringify(last)}`;
    throw new Error(`Not within ${String(timeoutMs)} ms: ${text} ${JSON.stringify(values)}: ${what}`);
  }

  /**
   * Drops the database, even if there are connections.
   *
   * @throws Error naming the open connections, because the test should have closed them
   */
  drop(): Promise<void> {
    this.#dropped ??= this.#drop();
    return this.#dropped;
  }

  get isDropped(): boolean {
    return this.#dropped !== undefined;
  }

  async #drop(): Promise<void> {
    await this.#pool.end();
    await withClient(this.#server.url, async (client) => {
      let open: string[] = [];
      await poll(DISCONNECT_TIMEOUT_MS, async () => {
        open = await openConnections(client, this.name);
        return open.length === 0 ? true : undefined;
      });
      await client.query(`DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
      if (open.length > 0) throw new Error(`Connections left open to ${this.name}: ${open.join('; ')}`);
    });
  }
}

async function openConnections(client: pg.Client, database: string): Promise<string[]> {
  const { rows } = await client.query<{ application_name: string; state: string | null; query: string }>(
    `SELECT application_name, state, left(query, 100) AS query FROM pg_stat_activity
      WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> $2 ORDER BY pid`,
    [database, HARNESS_NAME],
  );
  return rows.map((row) => `"${row.application_name}" (${row.state ?? 'unknown'}, last: ${row.query})`);
}
