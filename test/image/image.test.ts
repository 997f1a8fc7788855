import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStandIn, type StandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { countByStatus, untilIdle } from '../support/worker-blocks.js';
import { workerEnvironment } from '../support/worker-in-process.js';
import { killProcesses, WorkerProcess } from '../support/worker-process.js';
import { buildImage, type Image } from './build.js';
import { installNode, ISOLATION, run, start } from './container.js';
import { lastOf, ROOT } from './dockerfile.js';
import { manifestOf, packagesIn, sizeOf } from './production-tree.js';

/** The bytes of all files: 20 MB when this was written. What exceeds it deserves a look before the bound is raised. */
const LARGEST_TREE_MB = 25;

const project = manifestOf(ROOT) as ReturnType<typeof manifestOf> & { devDependencies: Record<string, string> };
const BUILD_TIMEOUT_MS = 300_000;

let image: Image;
beforeAll(() => {
  image = buildImage();
  const mb = (directory: string) => `${(sizeOf(directory) / 1e6).toFixed(1)} MB`;
  const { workDirectory } = image;
  process.stderr.write(
    `The image holds ${mb(workDirectory)}, ${mb(join(workDirectory, 'node_modules'))} of it dependencies. ` +
      `It is run ${ISOLATION.namespaces ? 'on a read-only root, as process 1' : 'with file modes as its only bound'}.\n`,
  );
  installNode(image);
}, BUILD_TIMEOUT_MS);
afterAll(() => image?.remove());

describe('the image', () => {
  it('holds the compiled program and its dependencies, and nothing else', () => {
    expect(readdirSync(image.workDirectory).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    const files = readdirSync(join(image.workDirectory, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain('cli.js');
    expect(files.filter((file) => /\.test\.|\.ts$/.test(file))).toEqual([]);
  });

  it('has the packages that docs/licenses.md lists, and none that is only for development', () => {
    const licenses = readFileSync(join(ROOT, 'docs/licenses.md'), 'utf8');
    const listed = [...licenses.matchAll(/^\| (\S+) \| (\d\S*) \|/gm)].map(([, name, version]) => `${name}@${version}`);
    const manifests = packagesIn(image.workDirectory).map(manifestOf);
    const installed = new Set(manifests.map(({ name, version }) => `${name}@${version}`));
    expect(listed.length).toBeGreaterThan(50);
    expect([...installed].sort()).toEqual(listed.sort());
    expect(manifests.filter(({ name }) => name in project.devDependencies)).toEqual([]);
  });

  it('is small', () => {
    expect(sizeOf(image.workDirectory)).toBeLessThan(LARGEST_TREE_MB * 1e6);
  });

  it('runs as a user that is given by number, and is not root', async () => {
    const script = 'console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups()]))';
    const { stdout } = await run(image, ['-e', script], {}, ['node']);
    expect(lastOf(image.stage, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const ids = JSON.parse(stdout) as [number, number, number[]];
    if (ISOLATION.user) expect(ids).toEqual([1000, 1000, [1000]]);
    else expect(ids[0]).not.toBe(0);
  });

  it('cannot be written by it', async () => {
    const write = (path: string) => run(image, ['-e', `fs.writeFileSync('${path}', '')`], {}, ['node']);
    // Where we are not root, the files are our own.
    if (ISOLATION.user) expect((await write('dist/cli.js')).stderr).toMatch(/EROFS|EACCES/);
    if (ISOLATION.namespaces) expect((await write('/tmp/embedding-worker')).stderr).toMatch(/EROFS/);
  });

  it('runs with the heap that its variables bound', async () => {
    const script = 'console.log(v8.getHeapStatistics().heap_size_limit / 2 ** 20)';
    const flag = /--max-old-space-size=(\d+)/.exec(lastOf(image.stage, 'ENV'))?.[1];
    const { stdout } = await run(image, ['-e', script], {}, ['node']);
    expect(Number(stdout)).toBeGreaterThanOrEqual(Number(flag));
    expect(Number(stdout)).toBeLessThan(Number(flag) + 32);
  });

  it('answers --help and --version', async () => {
    const [help, version] = [await run(image, ['--help']), await run(image, ['--version'])];
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('embedding-worker worker') as string });
    expect(version).toEqual({ status: 0, stdout: `${project.version}\n`, stderr: '' });
  });

  it('runs the worker unless told otherwise, which says what it lacks', async () => {
    const { status, stderr } = await run(image, JSON.parse(lastOf(image.stage, 'CMD')) as string[]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('PALDOCS_DATABASE_URL') as string,
    });
  });
});

describeWithServer('a container of the image', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  afterEach(killProcesses);
  afterAll(() => ollama.stop());

  const startWorker = (environment: Readonly<Record<string, string>>) => {
    const container = start(image, JSON.parse(lastOf(image.stage, 'CMD')) as string[], environment);
    return WorkerProcess.of(container.process, container.kill);
  };

  it('embeds, is found healthy, and ends with status 0 on SIGTERM', async () => {
    const db = await createDatabase();
    const environment = workerEnvironment(db, ollama);
    const worker = startWorker(environment);
    const url = await worker.untilWorking();
    await insertBlocks(db, 20);
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 20 });

    const [, json = ''] = /CMD (\[.*\])$/.exec(lastOf(image.stage, 'HEALTHCHECK')) ?? [];
    const check = async (port: string) =>
      (await run(image, [], { PALDOCS_HEALTH_PORT: port }, JSON.parse(json) as string[])).status;
    expect(await check(new URL(url).port)).toBe(0);

    worker.kill('SIGTERM');
    expect(await worker.untilEnd()).toEqual({ status: 0, signal: null });
    expect(await check(new URL(url).port)).toBe(1);
  });

  it('works off a backlog as the Job has it do, and ends by itself', async () => {
    const db = await createDatabase();
    await insertBlocks(db, 20);
    const { status } = await run(image, ['worker', '--backfill'], workerEnvironment(db, ollama));
    expect(status).toBe(0);
    expect(await countByStatus(db)).toEqual({ completed: 20 });
  });
});
