import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { withLock } from './lock.mjs';
import { npmConfig } from './npm.mjs';
import { projectRoot } from './paths.mjs';
import { ToolchainError, timed } from './report.mjs';
import { ensureYarn } from './yarn.mjs';

/** Holds the fingerprint of what was installed. It lies in `node_modules`, so that both are deleted together. */
const stamp = join(projectRoot, 'node_modules', '.with-toolchain');

/**
 * Installs the dependencies exactly as in the lock file, unless they are installed.
 *
 * @param env environment of Yarn, whose PATH leads to a suitable `node`
 * @throws ToolchainError if they cannot be installed
 */
export async function ensureDependencies(env) {
  if (isInstalled()) return;
  await withLock(() => {
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
    // Without a network Yarn prints hundreds of lines; the last ones are enough.
    process.stderr.write(`${`${stdout}${stderr}`.trimEnd().split('\n').slice(-30).join('\n')}\n`);
    throw new ToolchainError(
      'Yarn could not install the dependencies; see its messages above. Is the registry reachable? ' +
        'Its URL is what "npm config get registry" prints.',
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
 * npm's settings as environment variables for Yarn, which does not read them and has another default registry. Yarn settings
 * that the user has in the environment take precedence.
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
