import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { installPackage } from './npm.mjs';
import { projectRoot, toolsDirectory } from './paths.mjs';
import { timed } from './report.mjs';

const directory = join(toolsDirectory, 'yarn', 'node_modules', '.bin');

/** The directory of the `yarn` in `.tools`; undefined if the machine's is used. */
export function installedYarnDirectory() {
  return existsSync(directory) ? directory : undefined;
}

/**
 * Finds a Yarn that can read the lock file: the machine's if it is new enough, otherwise the version in package.json, which
 * it installs through npm.
 *
 * @param env environment in which to look for `yarn`
 * @returns the command: the program and its first arguments
 */
export function ensureYarn(env) {
  const wanted = wantedVersion();
  if (isGoodFor(wanted, versionOf('yarn', [], env))) return ['yarn'];
  const installed = join(toolsDirectory, 'yarn', 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
  if (versionOf('node', [installed], env) !== wanted) {
    timed(`installing Yarn ${wanted} into .tools`, () => installPackage('yarn', '@yarnpkg/cli-dist', wanted));
  }
  return ['node', installed];
}

function wantedVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return /^yarn@(\d+\.\d+\.\d+)/.exec(packageManager)[1];
}

function versionOf(program, args, env) {
  // `yarn` may be corepack, which would download Yarn from a host that may be unreachable.
  const offline = { ...env, COREPACK_ENABLE_NETWORK: '0' };
  const shell = process.platform === 'win32';
  const options = { cwd: projectRoot, encoding: 'utf8', env: offline, shell, timeout: 20_000 };
  const { status, stdout } = spawnSync(program, [...args, '--version'], options);
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether it has the same major version and is not older: an older Yarn cannot read a newer lock file. */
function isGoodFor(wanted, version) {
  const [major, minor, patch] = (version ?? '').split('.').map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split('.').map(Number);
  if (major !== wantedMajor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}
