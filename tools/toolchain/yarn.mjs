import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { installPackage } from './npm.mjs';
import { projectRoot, toolsDirectory } from './paths.mjs';
import { timed } from './report.mjs';

const directory = join(toolsDirectory, 'yarn', 'node_modules', '.bin');

/** The directory that holds a `yarn` of our own; undefined where the machine's is used. */
export function installedYarnDirectory() {
  return existsSync(directory) ? directory : undefined;
}

/**
 * Makes sure that there is a Yarn that can read the lock file: the machine's own where it is new enough, else the
 * version that package.json names, fetched through npm.
 *
 * @param env in which to look for it
 * @returns the command, as program and first arguments
 */
export function ensureYarn(env) {
  const wanted = wantedVersion();
  if (isGoodFor(wanted, versionOf('yarn', [], env))) return ['yarn'];
  const ours = join(toolsDirectory, 'yarn', 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
  if (versionOf('node', [ours], env) !== wanted) {
    timed(`installing Yarn ${wanted} into .tools`, () => installPackage('yarn', '@yarnpkg/cli-dist', wanted));
  }
  return ['node', ours];
}

function wantedVersion() {
  const { packageManager } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return /^yarn@(\d+\.\d+\.\d+)/.exec(packageManager)[1];
}

function versionOf(program, args, env) {
  // What calls itself yarn may be corepack, which would fetch one from a host that may be out of reach.
  const offline = { ...env, COREPACK_ENABLE_NETWORK: '0' };
  const shell = process.platform === 'win32';
  const options = { cwd: projectRoot, encoding: 'utf8', env: offline, shell, timeout: 20_000 };
  const { status, stdout } = spawnSync(program, [...args, '--version'], options);
  return status === 0 ? stdout.trim() : undefined;
}

/** Of the same major version and not older: an older one cannot read a newer lock file. */
function isGoodFor(wanted, version) {
  const [major, minor, patch] = (version ?? '').split('.').map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.split('.').map(Number);
  if (major !== wantedMajor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}
