import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { alone } from './lock.mjs';
import { npmConfig } from './npm.mjs';
import { projectRoot } from './paths.mjs';
import { ToolchainError, timed } from './report.mjs';
import { ensureYarn } from './yarn.mjs';

/** Says what was installed; inside `node_modules`, so that it goes when that goes. */
const stamp = join(projectRoot, 'node_modules', '.with-toolchain');

/**
 * Installs the dependencies exactly as the lock file has them, unless they are there.
 *
 * @param env in which Yarn runs; `node` in it is the right one
 * @throws ToolchainError where they cannot be had
 */
export async function ensureDependencies(env) {
  if (isInstalled()) return;
  await alone(() => {
    if (!isInstalled()) install(env);
  });
}

function install(env) {
  const [program, ...args] = ensureYarn(env);
  timed('installing the dependencies', () => {
    const { status, stdout, stderr } = spawnSync(program, [...args, 'install', '--immutable'], {
      cwd: projectRoot,
      encoding: 'utf8',
      env: { ...npmSettingsForYarn(), ...env },
      maxBuffer: 64 * 1024 * 1024,
      shell: process.platform === 'win32',
    });
    if (status === 0) return;
    // Of the hundreds of lines it prints without a network, the last ones tell enough.
    process.stderr.write(`${`${stdout}${stderr}`.trimEnd().split('\n').slice(-30).join('\n')}\n`);
    throw new ToolchainError(
      'Yarn could not install the dependencies; its own words are above. Is the registry reachable? ' +
        'This machine asks the one that "npm config get registry" names.',
    );
  });
  writeFileSync(stamp, fingerprint());
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package.json', 'yarn.lock', '.yarnrc.yml']) hash.update(readFileSync(join(projectRoot, file)));
  return hash.digest('hex');
}

/**
 * Yarn knows nothing of npm's settings, and its default registry is another. What the user has set for Yarn in the
 * environment wins.
 */
export function npmSettingsForYarn() {
  const npm = npmConfig();
  const settings = {
    YARN_NPM_REGISTRY_SERVER: npm.registry,
    YARN_HTTPS_CA_FILE_PATH: npm.cafile,
    YARN_HTTP_PROXY: npm.proxy,
    YARN_HTTPS_PROXY: npm['https-proxy'],
    YARN_ENABLE_STRICT_SSL: npm['strict-ssl'] === false ? 'false' : undefined,
  };
  const registry = new URL(npm.registry);
  if (registry.protocol === 'http:') settings.YARN_UNSAFE_HTTP_WHITELIST = registry.hostname;
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => typeof value === 'string' && value !== ''));
}
