#!/usr/bin/env node
/**
 * Runs a command with all the project needs: a recent Node and Yarn 4 are fetched through npm where the machine lacks
 * them, the dependencies are installed, and `node` and the project's tools are on the PATH of the command.
 *
 *     node tools/toolchain/with-toolchain.mjs [--build-tools] COMMAND [ARGUMENT...]
 *
 * `--build-tools` first compiles what is run from `dist-tools/` (stand-in, demo, bench, test support, with `src`).
 *
 * So `npm test` works in a fresh clone with npm and any Node ≥ 20, and costs nothing once everything is there. Plain
 * JavaScript without dependencies, since it runs before there are any. Progress goes to stderr: stdout is the command's.
 */
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { runToTheEnd } from './child.mjs';
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
  if (buildTools) status = await runToTheEnd('tsc', ['-p', 'tsconfig.tools.json'], env);
  if (status === 0) status = await runToTheEnd(command, args, env);
  process.exitCode = status;
} catch (error) {
  if (!(error instanceof ToolchainError)) throw error;
  report(error.message);
  process.exitCode = 1;
}

function searchPath(...directories) {
  return directories.filter(Boolean).join(delimiter);
}
