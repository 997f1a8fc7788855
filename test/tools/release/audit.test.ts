import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const ADVISORY = {
  pg: [
    { id: 1, url: 'https://advisories.example/1', title: 'Too trusting', severity: 'high', vulnerable_versions: '*' },
  ],
};

describe('yarn audit', () => {
  let registry: Server;
  let answer: { status: number; body: unknown };
  let asked: { url: string; body: string }[];
  beforeAll(async () => {
    registry = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        asked.push({ url: request.url ?? '', body });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });
  beforeEach(() => (asked = []));
  afterAll(() => registry.close());

  async function audit(server = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`) {
    const child = spawn(process.execPath, ['tools/release/audit.mjs'], {
      cwd: ROOT,
      env: {
        ...process.env,
        YARN_NPM_REGISTRY_SERVER: server,
        YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
        YARN_HTTP_RETRY: '0',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    const [status] = (await once(child, 'close')) as [number];
    return { status, output };
  }

  it('asks for all packages at once, and exits with 0 if there is no known vulnerability', async () => {
    answer = { status: 200, body: {} };
    expect(await audit()).toEqual({ status: 0, output: 'audit: no known vulnerabilities\n' });
    expect(asked.map(({ url }) => url)).toEqual(['/-/npm/v1/security/advisories/bulk']);
    const packages = Object.keys(JSON.parse(asked[0]?.body ?? '') as object);
    expect(packages).toEqual(expect.arrayContaining(['pg', 'pg-protocol', 'jest'])); // direct, indirect, development
  });

  it('prints the vulnerabilities and exits with 1', async () => {
    answer = { status: 200, body: ADVISORY };
    const { status, output } = await audit();
    expect(status).toBe(1);
    expect(output).toBe('pg *: high: Too trusting https://advisories.example/1\n');
  });

  it.each([405, 404, 503])('exits with 3 if the registry answers %d', async (code) => {
    answer = { status: code, body: {} };
    const { status, output } = await audit();
    expect(status).toBe(3);
    expect(output).toMatch(new RegExp(`^audit: NOT DONE: .*${code}`));
  });

  it('exits with 3 if the registry cannot be reached', async () => {
    const { status, output } = await audit('http://127.0.0.1:9');
    expect(status).toBe(3);
    expect(output).toMatch(/^audit: NOT DONE: .*ECONNREFUSED/);
  });
});
