import { existsSync } from 'node:fs';
import { Postgres } from '../../src/postgres/postgres.js';
import { retryTransient } from '../../src/postgres/retry.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithCluster, describeWithServer } from '../support/describe-with-server.js';
import { withClient } from '../support/harness-client.js';
import { offerTls } from '../support/server-tls.js';
import { TcpFront } from '../support/tcp-front.js';
import type { TestDatabase } from '../support/test-database.js';

const opened: Postgres[] = [];
const open = (url: string) => {
  const database = new Postgres({ url, sessionUrl: url, applicationName: 'under test', poolSize: 2 });
  database.on('error', () => undefined);
  opened.push(database);
  return database;
};
const closeAll = async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
};
/** The URL of the same database at these hosts, `name:port,name:port`. */
const at = (url: string, hosts: string, parameters = '') => {
  const { username, password, pathname } = new URL(url);
  return `postgresql://${username}:${password}@${hosts}${pathname}${parameters === '' ? '' : `?${parameters}`}`;
};
/** Repeats a query that may get a connection that has ended. */
const again = <T>(ask: () => Promise<T>) => retryTransient(ask, { signal: new AbortController().signal });
const NOBODY = '127.0.0.1:1';
const hostOf = (url: string) => new URL(url).host;

describeWithServer('a connection', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterEach(closeAll);

  it.each([
    ['as a parameter', (directory: string) => at(db.url, '', `host=${directory}&port=${new URL(db.url).port}`)],
    ['as the host', (directory: string) => at(db.url, `${encodeURIComponent(directory)}:${new URL(db.url).port}`)],
  ])('uses a socket whose directory is given %s, for the pool and for sessions', async (_, urlOf) => {
    const [row] = await db.query<{ directory: string }>(
      `SELECT current_setting('unix_socket_directories') AS directory`,
    );
    const directory = row?.directory.split(',')[0] ?? '';
    if (!existsSync(directory)) return; // the server runs elsewhere
    const database = open(urlOf(directory));
    const overSocket = 'SELECT inet_server_addr() IS NULL AS socket';
    expect(await database.query(overSocket)).toEqual([{ socket: true }]);
    const session = await database.connect({ applicationName: 'session' });
    expect(await session.query(overSocket)).toEqual([{ socket: true }]);
    await session.close();
  });

  it('goes to the first of several servers that can be reached', async () => {
    const database = open(at(db.url, `${NOBODY},no-such-host.invalid:1,${hostOf(db.url)}`));
    expect(await database.query('SELECT current_database() AS name')).toEqual([{ name: db.name }]);
  });

  it('does not wait long for a server that does not answer if there are others', async () => {
    const mute = new TcpFront((client) => client.on('error', () => undefined).resume());
    await mute.listen();
    const database = open(at(db.url, `127.0.0.1:${mute.port},${hostOf(db.url)}`));
    const started = performance.now();
    await database.query('SELECT 1');
    await Promise.all([database.query('SELECT pg_sleep(0.1)'), database.query('SELECT pg_sleep(0.1)')]); // starting with the server that was reached last
    expect(performance.now() - started).toBeLessThan(9_000);
    await mute.stop();
  });

  it('fails at the first server that rejects the password, and tries no other', async () => {
    const wrong = new URL(at(db.url, hostOf(db.url)));
    wrong.password = 'wrong';
    await expect(open(at(wrong.href, `${hostOf(db.url)},${NOBODY}`)).query('SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('fails with the error of the first server if none can be reached', async () => {
    await expect(open(at(db.url, `${NOBODY},127.0.0.1:2`)).query('SELECT 1')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('is not encrypted if the URL leaves the choice to a server without TLS, and reports it once', async () => {
    const database = open(`${db.url}?sslmode=prefer`);
    const addresses: string[] = [];
    database.on('plain', (where) => addresses.push(where));
    await Promise.all([database.query('SELECT pg_sleep(0.1)'), database.query('SELECT pg_sleep(0.1)')]);
    await (await database.connect({ applicationName: 'session' })).close();
    expect(addresses).toEqual([`${hostOf(db.url)}/${db.name}`]);
    expect(database.isPlain).toBe(true);
  });

  it('fails if the URL requires TLS and the server has none', async () => {
    await expect(open(`${db.url}?sslmode=require`).query('SELECT 1')).rejects.toThrow('does not support SSL');
  });
});

describeWithCluster('a connection to one of two servers', (own) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
    // The same role and database exist on both servers.
    for (const url of [db.url, own().cluster.url]) {
      await withClient(url, (client) => client.query(`CREATE ROLE ${role()} LOGIN PASSWORD 'secret'`));
    }
    await withClient(own().cluster.url, (client) => client.query(`CREATE DATABASE ${db.name}`));
  });
  afterEach(closeAll);
  afterAll(async () => {
    await db.query(`DROP ROLE ${role()}`);
  });

  const role = () => `twin_${db.name}`;
  const ports = () => ({ twin: new URL(own().cluster.url).port, db: new URL(db.url).port });
  const setReadOnly = (url: string, value: 'on' | 'off') =>
    withClient(url, (client) => client.query(`ALTER ROLE ${role()} SET default_transaction_read_only = ${value}`));

  it('goes to the one that accepts writes, and after a failover to the other', async () => {
    const url = `postgresql://${role()}:secret@${hostOf(own().cluster.url)},${hostOf(db.url)}/${db.name}`;
    const port = async (database: Postgres) =>
      (await database.query<{ port: string }>(`SELECT current_setting('port') AS port`))[0]?.port;

    await setReadOnly(own().cluster.url, 'on');
    const first = open(url);
    expect(await port(first)).toBe(ports().db);
    expect(await port(open(`${url}?target_session_attrs=any`))).toBe(ports().twin);

    await setReadOnly(own().cluster.url, 'off');
    await setReadOnly(db.url, 'on');
    await withClient(db.url, (client) =>
      client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role()}'`),
    );
    expect(await again(() => port(first))).toBe(ports().twin);

    await setReadOnly(own().cluster.url, 'on');
    await expect(open(url).query('SELECT 1')).rejects.toMatchObject({ code: '25006' });
  });
});

describeWithCluster('a connection to a server with TLS', (own) => {
  let authority: Authority;
  let db: TestDatabase;
  beforeAll(async () => {
    authority = await createAuthority('ours');
    await offerTls(own(), await authority.issue('DNS:localhost,IP:127.0.0.1'));
    db = await createDatabase({}, own().server);
  });
  afterEach(closeAll);
  afterAll(() => authority.remove());

  const isEncrypted = async (database: Postgres) =>
    (await database.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'))[0]?.ssl;
  const admit = async (lines: string) => {
    await withClient(own().cluster.url, async (client) => {
      const { rows } = await client.query<{ file: string }>(`SELECT current_setting('hba_file') AS file`);
      const file = client.escapeLiteral(`cat > ${rows[0]?.file ?? ''}`);
      await client.query(`COPY (VALUES (${client.escapeLiteral(lines)})) TO PROGRAM ${file}`);
      await client.query('SELECT pg_reload_conf()');
    });
  };

  it.each([
    ['sslmode=prefer', true],
    ['sslmode=allow', true],
    ['ssl=prefer', true],
    ['sslmode=no-verify', true],
    ['sslmode=disable', false],
    ['application_name=x', false],
  ])('with %s: encrypted is %s', async (parameters, expected) => {
    const database = open(`${db.url}?${parameters}`);
    expect(await isEncrypted(database)).toBe(expected);
    expect(database.isPlain).toBe(false);
  });

  it('is not encrypted if TLS is preferred and the server accepts us only without it', async () => {
    await admit('hostnossl all all 127.0.0.1/32 scram-sha-256');
    const database = open(`${db.url}?sslmode=prefer`);
    expect(await isEncrypted(database)).toBe(false);
    expect(database.isPlain).toBe(true);
    await expect(open(`${db.url}?sslmode=no-verify`).query('SELECT 1')).rejects.toMatchObject({ code: '28000' });
    await admit('host all all 127.0.0.1/32 scram-sha-256');
  });

  it('fails with the first error if the server rejects the password with TLS and without', async () => {
    const wrong = new URL(db.url);
    wrong.password = 'wrong';
    await expect(open(`${wrong.href}?sslmode=prefer`).query('SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('is encrypted as soon as the server offers TLS', async () => {
    const ssl = async (value: 'on' | 'off') => {
      await withClient(own().cluster.url, (client) => client.query(`ALTER SYSTEM SET ssl = ${value}`));
      await own().cluster.restart('fast');
    };
    await ssl('off');
    const database = open(`${db.url}?sslmode=prefer`);
    expect(await isEncrypted(database)).toBe(false);
    await ssl('on');
    expect(await again(() => isEncrypted(database))).toBe(true);
  });
});
