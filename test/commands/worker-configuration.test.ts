import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { databaseUrl } from '../support/server.js';
import { requireServer } from '../support/create-database.js';
import { killProcesses, run } from '../support/worker-process.js';

const PASSWORD = 'n0t-to-be-told';
const URL_THAT_LEADS_NOWHERE = `postgresql://worker:${PASSWORD}@127.0.0.1:1/paldocs`;

afterAll(killProcesses);

describe('a worker with an invalid configuration', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {}, /PALDOCS_DATABASE_URL: is not set: give the URL .* \(or set DATABASE_URL\)/],
    ['an empty URL', { PALDOCS_DATABASE_URL: '' }, /PALDOCS_DATABASE_URL: is not set/],
    [
      'no URL',
      { PALDOCS_DATABASE_URL: `host=db password=${PASSWORD}` },
      /PALDOCS_DATABASE_URL: is not a PostgreSQL URL/,
    ],
    [
      'a URL of another database',
      { DATABASE_URL: `mysql://root:${PASSWORD}@db/paldocs` },
      /(^|[^_])DATABASE_URL: is not a PostgreSQL URL/m,
    ],
    [
      'a URL with a broken password',
      { PALDOCS_DATABASE_URL: `postgresql://worker:${PASSWORD}/@db:x/paldocs` },
      /PALDOCS_DATABASE_URL: is not a URL/,
    ],
    [
      'a broken URL to listen at',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_LISTEN_DATABASE_URL: PASSWORD },
      /PALDOCS_LISTEN_DATABASE_URL: is not a PostgreSQL URL/,
    ],
    [
      'no URL of Ollama',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_OLLAMA_URL: 'ollama' },
      /PALDOCS_OLLAMA_URL: "ollama" is not a URL/,
    ],
    [
      'a URL of Ollama with credentials',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_OLLAMA_URL: `ftp://me:${PASSWORD}@ollama` },
      /PALDOCS_OLLAMA_URL: "ftp:\/\/\*\*\*@ollama" is not an http/,
    ],
    [
      'a word for a number',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_BATCH_SIZE: 'ten' },
      /PALDOCS_BATCH_SIZE: "ten" is not a whole number/,
    ],
    [
      'a number out of range',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_HEALTH_PORT: '70000' },
      /PALDOCS_HEALTH_PORT: 70000 is out of range: give a number from 0 to 65535/,
    ],
    [
      'a log level that there is not',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_LOG_LEVEL: 'loud' },
      /PALDOCS_LOG_LEVEL: "loud" is not a log level: give one of error, warn, info, debug/,
    ],
    [
      'a table with too many names',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_BLOCKS_TABLE: 'a.b.c' },
      /PALDOCS_BLOCKS_TABLE: "a.b.c" is not a table name/,
    ],
    [
      'a schema that pg-boss cannot use',
      { PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE, PALDOCS_PGBOSS_SCHEMA: 'pg-boss; --' },
      /PALDOCS_PGBOSS_SCHEMA: "pg-boss; --" is not a schema name/,
    ],
    [
      'delays that contradict each other',
      {
        PALDOCS_DATABASE_URL: URL_THAT_LEADS_NOWHERE,
        PALDOCS_RETRY_DELAY_SECONDS: '10',
        PALDOCS_RETRY_DELAY_MAX_SECONDS: '5',
      },
      /PALDOCS_RETRY_DELAY_MAX_SECONDS: 5 is less than PALDOCS_RETRY_DELAY_SECONDS, 10/,
    ],
    [
      'several such things, of which all are named',
      { PALDOCS_BATCH_SIZE: '0', PALDOCS_RETRY_LIMIT: 'no' },
      /PALDOCS_DATABASE_URL[^]*PALDOCS_RETRY_LIMIT[^]*PALDOCS_BATCH_SIZE|PALDOCS_BATCH_SIZE[^]*PALDOCS_RETRY_LIMIT/,
    ],
  ])('(%s) names the variable and ends with status 2', async (_, environment, message) => {
    const { status, output } = await run(environment);
    expect(output).toMatch(message);
    expect(status).toBe(2);
    expect(output).not.toContain(PASSWORD);
    expect(output).not.toMatch(/^\s+at /m);
  });

  it.each([
    [['wroker'], /wroker/],
    [['worker', '--baackfill'], /baackfill/],
    [[], /Name a command/],
  ])('(command line %j) ends with status 2', async (args, message) => {
    const { status, output } = await run({}, args.length === 0 ? ['--'] : args);
    expect(output).toMatch(message);
    expect(status).toBe(2);
  });
});

describeWithServer('a worker on a server that refuses the connection', () => {
  it.each<[string, (url: URL) => void, RegExp]>([
    ['the password', (url) => (url.password = PASSWORD), /refuses the password/],
    ['the database', (url) => (url.pathname = '/no-such-database'), /has no database of that name/],
  ])('(%s) says so and ends with status 2', async (_, change, message) => {
    const db = await createDatabase();
    const url = new URL(databaseUrl(requireServer(), db.name));
    const { password } = url;
    change(url);
    const { status, output } = await run({ PALDOCS_DATABASE_URL: url.href });
    expect(output).toMatch(message);
    expect(output).toMatch(/PALDOCS_DATABASE_URL/);
    expect(status).toBe(2);
    expect(output).not.toContain(PASSWORD);
    if (password !== '') expect(output).not.toContain(password);
  });
});

describeWithServer('a worker whose port is taken', () => {
  it('names the variable and ends with status 2', async () => {
    const db = await createDatabase();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { status, output } = await run({ PALDOCS_DATABASE_URL: db.url, PALDOCS_HEALTH_PORT: String(port) });
      expect(output).toContain(`PALDOCS_HEALTH_PORT: cannot listen on port ${port} (EADDRINUSE)`);
      expect(status).toBe(2);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
