import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { environmentOf, readDockerfile, ROOT, type Stage } from './dockerfile.js';

/** What `docker build` would make, without the base: the running Node stands for that. */
export interface Image {
  /** Holds what the steps put below `/`. */
  readonly root: string;
  /** Of the last stage. */
  readonly stage: Stage;
  /** Where the program runs, on this machine. */
  readonly workDirectory: string;
  remove(): void;
}

/** The directories of the image that the steps may name; they become directories below the stage's root. */
const DIRECTORIES = ['/app', '/opt'];

/** Takes the Dockerfile's steps in an empty directory. */
export function buildImage(): Image {
  const scratch = mkdtempSync(join(tmpdir(), 'embedding-worker-image-'));
  chmodSync(scratch, 0o755); // the program will not run as us
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  try {
    const roots = new Map<string, string>();
    let image: Image | undefined;
    for (const [index, stage] of readDockerfile().stages.entries()) {
      const root = join(scratch, stage.name ?? String(index));
      roots.set(stage.name ?? String(index), root);
      image = { root, stage, workDirectory: runSteps(stage, root, roots), remove };
    }
    if (image === undefined) throw new Error('Dockerfile: no stages');
    return image;
  } catch (error) {
    remove();
    throw error;
  }
}

function runSteps(stage: Stage, root: string, roots: ReadonlyMap<string, string>): string {
  const inRoot = (text: string) =>
    text.replace(/(?<=^|[\s=:"'])\/[\w.-]+/g, (directory) => {
      if (!DIRECTORIES.includes(directory)) throw new Error(`Dockerfile: ${directory} is not below the stage's root`);
      return join(root, directory);
    });
  const variables = Object.entries(environmentOf(stage));
  const env = { ...machine(), ...Object.fromEntries(variables.map(([name, value]) => [name, expand(inRoot(value))])) };
  let directory = root;
  for (const { instruction, rest } of stage.steps) {
    if (instruction === 'WORKDIR') mkdirSync((directory = inRoot(rest)), { recursive: true });
    else if (instruction === 'COPY') copy(rest, directory, roots);
    else if (instruction === 'RUN') execute('sh', ['-c', `umask 022; ${inRoot(rest)}`], directory, env);
    else if (!['ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'].includes(instruction))
      throw new Error(`Dockerfile: ${instruction} is not known here`);
  }
  return directory;
}

function copy(rest: string, directory: string, roots: ReadonlyMap<string, string>): void {
  const [, stage, paths = ''] = /^(?:--from=(\S+)\s+)?(.+)$/.exec(rest) ?? [];
  const from = stage === undefined ? ROOT : roots.get(stage);
  if (from === undefined) throw new Error(`Dockerfile: no stage ${stage ?? ''}`);
  const sources = paths.split(/\s+/);
  const target = resolve(directory, sources.pop() ?? '');
  execute('cp', ['-a', ...sources.map((source) => join(from, source)), target], directory, process.env);
  // As an image has them, whatever our umask: the owner writes, all may read.
  execute('chmod', ['-R', 'u=rwX,go=rX', target], directory, process.env);
}

function execute(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  try {
    execFileSync(program, [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${args.join(' ')}:\n${`${stdout}${stderr}`.slice(-4_000)}`, { cause: error });
  }
}

/**
 * What the steps need of this machine: its PATH, and where its registry is. Not Jest's variables, nor those of the npm
 * that started it; but npm's own file of settings, which `--prefix` would make it look for elsewhere.
 */
function machine(): NodeJS.ProcessEnv {
  const script = `import { npmSettingsForYarn } from './tools/toolchain/dependencies.mjs';
    import { npmConfig } from './tools/toolchain/npm.mjs';
    console.log(JSON.stringify({ ...npmSettingsForYarn(), npm_config_globalconfig: npmConfig().globalconfig }));`;
  const options = { cwd: ROOT, encoding: 'utf8' } as const;
  const settings = execFileSync(process.execPath, ['--input-type=module', '-e', script], options);
  const ours = Object.entries(process.env).filter(([name]) => !/^(npm_|JEST_|NODE_OPTIONS$|NODE_ENV$)/.test(name));
  return { ...(JSON.parse(settings) as NodeJS.ProcessEnv), ...Object.fromEntries(ours) };
}

function expand(value: string): string {
  return value.replace(/\$(\w+)/g, (_, name: string) => process.env[name] ?? '');
}
