import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/config.js';
import { createAuthority, type Authority } from '../support/certificates.js';
import { refusalOf } from '../support/config-refusal.js';

const URL = 'postgresql://worker:hush@db:5432/paldocs';
let directory: string;
let authority: Authority;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'embedding-worker-secret-'));
  authority = await createAuthority('test');
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  await authority.remove();
});

async function fileOf(content: string): Promise<string> {
  const path = join(directory, String(Math.random()).slice(2));
  await writeFile(path, content);
  return path;
}

describe('a secret in a file', () => {
  it('is used without the white space around it', async () => {
    const config = loadConfig({
      PALDOCS_DATABASE_URL_FILE: await fileOf(`${URL}\n`),
      PALDOCS_LISTEN_DATABASE_URL_FILE: await fileOf('postgresql+asyncpg://direct/x\n'),
      PALDOCS_OLLAMA_TOKEN_FILE: await fileOf(' t0ken \n'),
    });
    expect(config).toMatchObject({ databaseUrl: URL, listenDatabaseUrl: 'postgresql://direct/x' });
    expect(config.ollamaToken?.()).toBe('t0ken');
  });

  it('takes precedence over DATABASE_URL, as the variable does', async () => {
    const environment = { PALDOCS_DATABASE_URL_FILE: await fileOf(URL), DATABASE_URL: 'postgresql://other/x' };
    expect(loadConfig(environment).databaseUrl).toBe(URL);
  });

  it('is read again for each use; while it is unreadable or empty, the last content is used', async () => {
    const path = await fileOf('one');
    const { ollamaToken } = loadConfig({ PALDOCS_DATABASE_URL: URL, PALDOCS_OLLAMA_TOKEN_FILE: path });
    await writeFile(path, 'two');
    expect(ollamaToken?.()).toBe('two');
    await writeFile(path, '');
    expect(ollamaToken?.()).toBe('two');
    await rm(path);
    expect(ollamaToken?.()).toBe('two');
    await writeFile(path, 'three');
    expect(ollamaToken?.()).toBe('three');
  });

  it.each<[string, string, () => Promise<Record<string, string>>]>([
    ['does not exist', 'cannot be read (ENOENT)', () => Promise.resolve({ PALDOCS_DATABASE_URL_FILE: '/nowhere/url' })],
    ['is a directory', 'cannot be read (EISDIR)', () => Promise.resolve({ PALDOCS_DATABASE_URL_FILE: '/' })],
    ['is empty', 'is empty', async () => ({ PALDOCS_DATABASE_URL_FILE: await fileOf('\n') })],
    ['contains no URL', 'is not a PostgreSQL URL', async () => ({ PALDOCS_DATABASE_URL_FILE: await fileOf('hush') })],
    [
      'is set as well as the variable',
      'PALDOCS_DATABASE_URL is set as well',
      async () => ({ PALDOCS_DATABASE_URL: URL, PALDOCS_DATABASE_URL_FILE: await fileOf(URL) }),
    ],
    [
      'contains more than a token',
      'is not a token',
      async () => ({ PALDOCS_DATABASE_URL: URL, PALDOCS_OLLAMA_TOKEN_FILE: await fileOf('hush\r\nX-Header: hush') }),
    ],
  ])('is rejected if it %s: once, by the name of its variable, and without its content', async (_, problem, make) => {
    const environment = await make();
    const message = refusalOf(environment);
    const variable = Object.keys(environment).find((name) => name.endsWith('_FILE')) ?? '';
    expect(message).toMatch(new RegExp(`^${variable}: [^\\n]*$`));
    expect(message).toContain(problem);
    expect(message).not.toContain('hush');
  });
});

describe('TLS in the configuration', () => {
  it.each([
    ['sslmode=require', 'sslmode=verify-full'],
    ['application_name=x&sslmode=prefer', 'application_name=x&sslmode=prefer'],
    ['sslmode=allow', 'sslmode=prefer'],
    ['sslmode=verify-ca&connect_timeout=3', 'sslmode=verify-full&connect_timeout=3'],
    ['ssl=require', 'sslmode=verify-full'],
    ['ssl=disable', 'sslmode=disable'],
    ['sslmode=disable', 'sslmode=disable'],
    ['sslmode=no-verify', 'sslmode=no-verify'],
    ['x=sslmode=require', 'x=sslmode=require'],
  ])('reads %s as %s', (given, result) => {
    expect(loadConfig({ PALDOCS_DATABASE_URL: `${URL}?${given}` }).databaseUrl).toBe(`${URL}?${result}`);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ PALDOCS_DATABASE_URL: `${URL}?sslmode=no-verify` }, ['PALDOCS_DATABASE_URL']],
    [{ PALDOCS_DATABASE_URL: `${URL}?ssl=no-verify` }, ['PALDOCS_DATABASE_URL']],
    [
      { PALDOCS_DATABASE_URL: URL, PALDOCS_LISTEN_DATABASE_URL: `${URL}?sslmode=no-verify` },
      ['PALDOCS_LISTEN_DATABASE_URL'],
    ],
    [{ PALDOCS_DATABASE_URL: URL, PGSSLMODE: 'no-verify' }, ['PALDOCS_DATABASE_URL']],
    [{ PALDOCS_DATABASE_URL: `${URL}?sslmode=verify-full`, PGSSLMODE: 'no-verify' }, []],
    [{ PALDOCS_DATABASE_URL: `${URL}?sslmode=prefer` }, ['PALDOCS_DATABASE_URL']],
    [{ PALDOCS_DATABASE_URL: URL, PGSSLMODE: 'allow' }, ['PALDOCS_DATABASE_URL']],
    [{ PALDOCS_DATABASE_URL: `${URL}?host=/run/postgresql`, PGSSLMODE: 'prefer' }, []],
    [{ PALDOCS_DATABASE_URL: URL, PGSSLMODE: 'require' }, []],
    [{ PALDOCS_DATABASE_URL: URL }, []],
  ])('lists the variables whose URL accepts any certificate: %j', (environment, expected) => {
    expect(loadConfig(environment).unverifiedTls).toEqual(expected);
  });

  const https = { PALDOCS_DATABASE_URL: URL, PALDOCS_OLLAMA_URL: 'https://ollama' };
  it.each<[string, string, () => Promise<Record<string, string>> | Record<string, string>]>([
    ['PALDOCS_OLLAMA_CA_FILE', 'cannot be read (ENOENT)', () => ({ ...https, PALDOCS_OLLAMA_CA_FILE: '/nowhere/ca' })],
    [
      'PALDOCS_OLLAMA_CA_FILE',
      'contains no certificate',
      async () => ({ ...https, PALDOCS_OLLAMA_CA_FILE: await fileOf('hush') }),
    ],
    [
      'PALDOCS_OLLAMA_CA_FILE',
      'does not begin with https://',
      () => ({ PALDOCS_DATABASE_URL: URL, PALDOCS_OLLAMA_CA_FILE: authority.caFile }),
    ],
    [
      'PALDOCS_OLLAMA_TOKEN',
      'PALDOCS_OLLAMA_URL already contains a user and a password',
      () => ({ ...https, PALDOCS_OLLAMA_URL: 'https://u:hush@ollama', PALDOCS_OLLAMA_TOKEN: 'hush' }),
    ],
    ['PALDOCS_OLLAMA_TOKEN', 'is not a token', () => ({ ...https, PALDOCS_OLLAMA_TOKEN: 'hush hush' })],
    [
      'PALDOCS_DATABASE_URL',
      '/nowhere/ca cannot be read (ENOENT)',
      () => ({ PALDOCS_DATABASE_URL: `${URL}?sslmode=verify-full&sslrootcert=/nowhere/ca` }),
    ],
    [
      'PALDOCS_DATABASE_URL',
      'contains no certificate',
      async () => ({ PALDOCS_DATABASE_URL: `${URL}?sslmode=verify-full&sslrootcert=${await fileOf('x')}` }),
    ],
    [
      'PALDOCS_LISTEN_DATABASE_URL',
      '/nowhere/key cannot be read (ENOENT)',
      () => ({ PALDOCS_DATABASE_URL: URL, PALDOCS_LISTEN_DATABASE_URL: `${URL}?sslkey=/nowhere/key` }),
    ],
    [
      'PALDOCS_DATABASE_URL',
      'uselibpqcompat would accept any certificate',
      () => ({ PALDOCS_DATABASE_URL: `${URL}?uselibpqcompat=true&sslmode=require` }),
    ],
    [
      'PALDOCS_DATABASE_URL',
      'asks for a server that cannot store anything: give read-write',
      () => ({ PALDOCS_DATABASE_URL: 'postgresql://u:hush@a,b/x?target_session_attrs=standby' }),
    ],
    ['PGSSLMODE', 'has an unknown TLS mode', () => ({ PALDOCS_DATABASE_URL: URL, PGSSLMODE: 'maybe' })],
  ])('rejects %s if it %s', async (variable, problem, make) => {
    const message = refusalOf(await make());
    expect(message).toMatch(new RegExp(`^${variable}: [^\\n]*$`));
    expect(message).toContain(problem);
    expect(message).not.toContain('hush');
  });
});
