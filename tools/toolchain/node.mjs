import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { withLock } from './lock.mjs';
import { installPackage } from './npm.mjs';
import { toolsDirectory } from './paths.mjs';
import { ToolchainError, timed } from './report.mjs';

/** The same as `engines` in package.json. */
const OLDEST = [22, 15];

/** The version to install if the machine's Node is older. */
const RANGE = '24';

/**
 * Finds a Node that is recent enough, and installs one if the running one is not.
 *
 * @returns the directory to put first in PATH; undefined if the running Node is recent enough
 * @throws ToolchainError if it cannot be installed
 */
export async function ensureNode() {
  if (isRecent(process.version)) return undefined;
  return installedNode() ?? (await withLock(() => installedNode() ?? install()));
}

function install() {
  const what = `installing Node ${RANGE} into .tools, because this one is ${process.version}`;
  timed(what, () => installPackage('node', platformPackage(), RANGE));
  const directory = installedNode();
  if (directory !== undefined) return directory;
  throw new ToolchainError(
    `the Node ${RANGE} from npm does not run on this machine: please install Node ≥ ${OLDEST.join('.')}`,
  );
}

/** The directory of the Node in `.tools`, if there is one that runs. */
function installedNode() {
  const name = platformPackage();
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(toolsDirectory, 'node', 'node_modules', name, 'bin', binary);
  if (!existsSync(path)) return undefined;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 && isRecent(stdout.trim()) ? dirname(path) : undefined;
}

/**
 * The npm package with the binary for this platform. The package `node` chooses among these in an install script, which
 * newer versions of npm do not run.
 */
function platformPackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform}-${process.arch}`;
}

function isRecent(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
