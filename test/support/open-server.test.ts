import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findBinaries } from './cluster/binaries.js';
import { NoServerError } from './cluster/no-server-error.js';
import { openServer } from './open-server.js';

const start = () => Promise.reject(new NoServerError('no PostgreSQL is installed; Docker does not run'));

describe('the server of a run', () => {
  let published: string | undefined;
  beforeAll(() => {
    published = process.env['EMBEDDING_WORKER_TEST_SERVER'];
  });
  afterEach(() => {
    process.env['EMBEDDING_WORKER_TEST_SERVER'] = published;
  });

  it('is reported as missing in one line', async () => {
    const lines: string[] = [];
    const close = await openServer({ env: {}, start, print: (line) => lines.push(line) });
    await close();
    expect(lines).toEqual([
      'No PostgreSQL with pgvector to test on: TEST_DATABASE_URL is not set; no PostgreSQL is installed; Docker does not run. The tests that need one are skipped.',
    ]);
  });

  it('is required when CI is set', async () => {
    await expect(openServer({ env: { CI: 'true' }, start })).rejects.toThrow(
      /^No PostgreSQL with pgvector .* With CI set, the tests that need one must run\.$/,
    );
  });

  it('is not replaced by another when the one in TEST_DATABASE_URL does not answer', async () => {
    const env = { TEST_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    await expect(openServer({ env, start })).rejects.toThrow(/^TEST_DATABASE_URL: tests cannot use this server: /);
  });
});

describe('the search for binaries', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'binaries-'));
  });
  afterAll(async () => {
    await rm(root, { recursive: true });
  });

  async function install(version: string, files: string[]): Promise<void> {
    await mkdir(join(root, version, 'bin'), { recursive: true });
    await mkdir(join(root, version, 'share', 'extension'), { recursive: true });
    for (const program of ['initdb', 'pg_ctl', 'postgres']) {
      await writeFile(join(root, version, 'bin', program), `#!/bin/sh\necho "postgres (PostgreSQL) ${version}"\n`);
      await chmod(join(root, version, 'bin', program), 0o755);
    }
    for (const file of files) await writeFile(join(root, version, 'share', 'extension', file), '');
  }

  it('reports if there is no PostgreSQL, or none with pgvector, and otherwise takes the newest', async () => {
    const places = { path: [], installations: [[root, /^[\d.]+$/, 'bin']] } as const;
    expect(await findBinaries(places)).toEqual({ reason: 'no PostgreSQL is installed' });

    await install('18.1', []);
    const bin = join(root, '18.1', 'bin');
    expect(await findBinaries(places)).toEqual({ reason: `PostgreSQL 18.1 in ${bin} has no pgvector` });

    await install('9.6', ['vector.control']);
    await install('17.2', ['vector.control']);
    expect(await findBinaries(places)).toEqual({
      binaries: { directory: join(root, '17.2', 'bin'), version: '17.2' },
    });
    expect(await findBinaries({ path: [join(root, '9.6', 'bin')], installations: [] })).toEqual({
      binaries: { directory: join(root, '9.6', 'bin'), version: '9.6' },
    });
  });
});
