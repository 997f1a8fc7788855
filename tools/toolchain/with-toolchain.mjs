#!/usr/bin/env node
/**
 * Runs a command with everything the project needs. It installs a recent Node and Yarn 4 through npm if the machine lacks
 * them, installs the dependencies, and puts `node` and the project's tools on the command's PATH.
 *
 *     node tools/toolchain/with-toolchain.mjs [--build-tools] COMMAND [ARGUMENT...]
 *
 * `--build-tools` first compiles bench, crucible, demo, retrieval and stand-in, with `src` and test/support, into `dist-tools/`.
 *
 * So `npm test` works in a fresh clone with npm and any Node ≥ 20, and takes no extra time once everything is installed. It is
 * plain JavaScript without dependencies, because it runs before they are installed. Progress goes to stderr, so stdout
 * contains only the command's output.
 */
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { runCommand } from './child.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNode } from './node.mjs';
import { projectRoot } from './paths.mjs';
import { ToolchainError, report } from './report.mjs';
import { installedYarnDirectory } from './yarn.mjs';

const [, , ...rest] = process.argv;
const buildTools = rest[0] === '--build-tools';
const [command, ...args] = buildTools ? rest.slice(1) : rest;

try {
  if (command === undefined)
    throw new ToolchainError('usage: with-toolchain.mjs [--build-tools] COMMAND [ARGUMENT...]');
  const nodeDirectory = await ensureNode();
  await ensureDependencies({ ...process.env, PATH: searchPath(nodeDirectory, process.env.PATH) });
  const tools = join(projectRoot, 'node_modules', '.bin');
  const env = { ...process.env, PATH: searchPath(nodeDirectory, tools, installedYarnDirectory(), process.env.PATH) };
  let status = 0;
  if (buildTools) status = await runCommand('tsc', ['-p', 'tsconfig.tools.json'], env);
  if (status === 0) status = await runCommand(command, args, env);
  process.exitCode = status;
} catch (error) {
  if (!(error instanceof ToolchainError)) throw error;
  report(error.message);
  process.exitCode = 1;
}

function searchPath(...directories) {
  return directories.filter(Boolean).join(delimiter);
}
