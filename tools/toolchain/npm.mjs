import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { processIsAlive } from './lock.mjs';
import { toolsDirectory } from './paths.mjs';
import { ToolchainError } from './report.mjs';

// npm is a script on Windows, which needs a shell there.
const shell = process.platform === 'win32';

/** npm's settings, including defaults: `registry`, `cafile`, `proxy`, … */
export function npmConfig() {
  const { status, stdout } = spawnSync('npm', ['config', 'list', '--json'], { encoding: 'utf8', shell });
  if (status !== 0) throw new ToolchainError('npm does not run, but is needed: see https://nodejs.org');
  return JSON.parse(stdout);
}

/**
 * Installs one package into `.tools/<name>`, replaces what is there, and returns the package's directory. It installs into a
 * temporary directory and renames that, so an interruption leaves no incomplete installation.
 *
 * npm runs *in* the directory, because `--prefix` also moves npm's global configuration, where an administrator may have set
 * a registry's certificate. Install scripts are off: npm may refuse to run them, and these packages work without.
 */
export function installPackage(name, packageName, range) {
  removeLeftovers(name);
  const place = join(toolsDirectory, name);
  const staging = `${place}.${process.pid}.tmp`;
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  args.push('--loglevel=error', '--no-update-notifier', '--fetch-retries=2', '--fetch-retry-mintimeout=1000');
  args.push('--fetch-retry-maxtimeout=5000', `${packageName}@${range}`);
  // stdout only says that a package was added; errors go to stderr.
  const { status, signal } = spawnSync('npm', args, { cwd: staging, shell, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    rmSync(staging, { recursive: true, force: true });
    const ending = signal === null ? `status ${status}` : String(signal);
    throw new ToolchainError(
      `npm could not install ${packageName}@${range} (${ending}). Is the registry reachable? ` +
        'Its URL is what "npm config get registry" prints; npm\'s messages are above.',
    );
  }
  rmSync(place, { recursive: true, force: true });
  renameSync(staging, place);
  return join(place, 'node_modules', packageName);
}

function removeLeftovers(name) {
  if (!existsSync(toolsDirectory)) return;
  for (const entry of readdirSync(toolsDirectory)) {
    const owner = new RegExp(`^${name}\\.(\\d+)\\.tmp$`).exec(entry)?.[1];
    if (owner !== undefined && !processIsAlive(Number(owner))) {
      rmSync(join(toolsDirectory, entry), { recursive: true, force: true });
    }
  }
}
