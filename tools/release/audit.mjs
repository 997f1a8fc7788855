#!/usr/bin/env node
// Asks the registry for known vulnerabilities of all packages, including development dependencies: `yarn audit`.
//
// Exit status: 0 if there are none, 1 if there are some, 3 if the registry did not answer, because not every registry serves
// audits. `yarn npm audit` exits with 1 in both of the last two cases. Deprecations are left out, because Yarn would send one
// request per package for them.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { npmSettingsForYarn } from '../toolchain/dependencies.mjs';

const { stdout, stderr, error } = spawnSync(
  'yarn',
  ['npm', 'audit', '--all', '--recursive', '--no-deprecations', '--json'],
  {
    encoding: 'utf8',
    env: { ...npmSettingsForYarn(), ...process.env }, // npm's registry
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  },
);
const output = `${stdout ?? ''}${stderr ?? ''}`;
const advisories = (stdout ?? '').split('\n').map(parse).filter(Boolean);
const failure =
  error?.message ?? /(Response code:? \d+ \([^)]*\)|\b(?:ECONN\w+|ENOTFOUND|ETIMEDOUT)\b)/i.exec(output)?.[1];

for (const { value, children } of advisories) {
  const { Issue: issue, Severity: severity, URL: url, 'Vulnerable Versions': versions } = children;
  process.stdout.write(`${value} ${versions ?? ''}: ${severity ?? ''}: ${issue ?? ''} ${url ?? ''}\n`);
}
if (advisories.length > 0) process.exitCode = 1;
else if (failure !== undefined || !isEmpty(output)) {
  process.stderr.write(`audit: NOT DONE: the registry did not answer: ${failure ?? output.slice(-500)}\n`);
  process.exitCode = 3;
} else process.stdout.write('audit: no known vulnerabilities\n');

/** The advisory in a line of Yarn's output; undefined if the line is something else. */
function parse(line) {
  try {
    const { value, children } = JSON.parse(line);
    return children?.ID === undefined ? undefined : { value, children };
  } catch {
    return undefined;
  }
}

function isEmpty(text) {
  return text.split('\n').every((line) => line.trim() === '' || line.includes('No audit suggestions'));
}
