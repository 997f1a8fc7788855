#!/usr/bin/env node
// Writes docs/licenses.md: `yarn licenses`, after a change of dependencies. With --check it writes nothing, and exits with 1
// if the file is out of date. In both cases it exits with 1 if a license is not accepted below.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { productionPackages } from './production-packages.mjs';
import { projectRoot } from '../toolchain/paths.mjs';

const file = join(projectRoot, 'docs', 'licenses.md');

/** Licenses that require only their notice, which each package contains. */
const ACCEPTED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PSF-2.0',
]);

function licenseOf({ license, licenses }) {
  // Old packages have an object, or a list of objects.
  const declared = license ?? licenses?.map(({ type }) => type).join(' OR ');
  return (typeof declared === 'object' ? declared.type : declared) ?? 'unknown';
}

/** Whether at least one of the alternatives is accepted. */
function isAccepted(license) {
  return license
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => ACCEPTED.has(choice));
}

const packages = productionPackages(projectRoot).map((manifest) => ({ ...manifest, license: licenseOf(manifest) }));
const counts = new Map();
for (const { license } of packages) counts.set(license, (counts.get(license) ?? 0) + 1);
const summary = [...counts].sort((a, b) => b[1] - a[1]).map(([license, count]) => `${count} ${license}`);
const text = `# Licenses

The licenses that the ${packages.length} packages in the image declare. Their texts are in the packages. \`yarn licenses\` writes this page;
a test fails if it is out of date, or if [the script](../tools/release/licenses.mjs) does not accept a license.

${summary.join(', ')}.

| package | version | license |
|---|---|---|
${packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`).join('\n')}
`;

const refused = packages.filter(({ license }) => !isAccepted(license));
for (const { name, version, license } of refused)
  process.stderr.write(`licenses: ${name} ${version} is under "${license}", which is not accepted\n`);
if (refused.length > 0) process.exitCode = 1;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('licenses: docs/licenses.md is out of date: run "yarn licenses"\n');
  process.exitCode = 1;
}
