#!/usr/bin/env node
// Asks the registry for known vulnerabilities of all packages, those for development included: `yarn audit`.
//
// Ends with 0 where it knows of none, 1 where it does, and 3 where it was not to be asked: not every registry serves
// audits, and then nothing is known. `yarn npm audit` itself ends with 1 for the last two alike. Deprecations are left
// out: for them it would ask for each package by itself.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { npmSettingsForYarn } from '../toolchain/dependencies.mjs';

const { stdout, stderr, error } = spawnSync(
  'yarn',
  ['npm', 'audit', '--all', '--recursive', '--no-deprecations', '--json'],
  {
    encoding: 'utf8',
    env: { ...npmSettingsForYarn(), ...process.env }, // the registry that npm asks
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  },
);
const said = `${stdout ?? ''}${stderr ?? ''}`;
const advisories = (stdout ?? '').split('\n').map(parse).filter(Boolean);
const failure =
  error?.message ?? /(Response code:? \d+ \([^)]*\)|\b(?:ECONN\w+|ENOTFOUND|ETIMEDOUT)\b)/i.exec(said)?.[1];

for (const { value, children } of advisories) {
  const { Issue: issue, Severity: severity, URL: url, 'Vulnerable Versions': versions } = children;
  process.stdout.write(`${value} ${versions ?? ''}: ${severity ?? ''}: ${issue ?? ''} ${url ?? ''}\n`);
}
if (advisories.length > 0) process.exitCode = 1;
else if (failure !== undefined || !isQuiet(said)) {
  process.stderr.write(`audit: NOT DONE: the registry did not answer: ${failure ?? said.slice(-500)}\n`);
  process.exitCode = 3;
} else process.stdout.write('audit: the registry knows of no vulnerability\n');

/** An advisory, as it prints one a line; not what else it says as JSON. */
function parse(line) {
  try {
    const { value, children } = JSON.parse(line);
    return children?.ID === undefined ? undefined : { value, children };
  } catch {
    return undefined;
  }
}

function isQuiet(text) {
  return text.split('\n').every((line) => line.trim() === '' || line.includes('No audit suggestions'));
}
