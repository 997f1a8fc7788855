import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { alone } from './lock.mjs';
import { installPackage } from './npm.mjs';
import { toolsDirectory } from './paths.mjs';
import { ToolchainError, timed } from './report.mjs';

/** As `engines` in package.json: what pg-boss, got and pgvector need. */
const OLDEST = [22, 12];

/** The line that is installed where the machine's own Node is older. */
const RANGE = '24';

/**
 * Finds a Node that is recent enough, installing one where the running one is not.
 *
 * @returns the directory to put at the head of PATH; undefined where the running Node will do
 * @throws ToolchainError where none can be had
 */
export async function ensureNode() {
  if (isRecent(process.version)) return undefined;
  return installedNode() ?? (await alone(() => installedNode() ?? install()));
}

function install() {
  const what = `installing Node ${RANGE} into .tools, since this one is ${process.version}`;
  timed(what, () => installPackage('node', platformPackage(), RANGE));
  const directory = installedNode();
  if (directory !== undefined) return directory;
  throw new ToolchainError(`the Node ${RANGE} from npm does not run here: install Node ≥ ${OLDEST.join('.')} yourself`);
}

/** The directory of the one in `.tools`, where there is one that runs. */
function installedNode() {
  const name = platformPackage();
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(toolsDirectory, 'node', 'node_modules', name, 'bin', binary);
  if (!existsSync(path)) return undefined;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 && isRecent(stdout.trim()) ? dirname(path) : undefined;
}

/**
 * The package that holds the binary. npm's package `node` only chooses among these, in an install script, which newer
 * versions of npm do not run.
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
