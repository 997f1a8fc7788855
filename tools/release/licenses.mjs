#!/usr/bin/env node
// Writes docs/licenses.md: `yarn licenses`, after a change of dependencies. With --check it writes nothing, and ends with
// 1 where the file is out of date. Where a license is not among those below, it ends with 1 in any case.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { productionPackages } from './production-packages.mjs';
import { projectRoot } from '../toolchain/paths.mjs';

const file = join(projectRoot, 'docs', 'licenses.md');

/** Those that ask for no more than their notice, which is in each package. */
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
  // Old packages say it as an object, or as a list of them.
  const said = license ?? licenses?.map(({ type }) => type).join(' OR ');
  return (typeof said === 'object' ? said.type : said) ?? 'unknown';
}

/** Of several to choose from, one is enough. */
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

Of the ${packages.length} packages in the image, as they declare it; the texts are in the packages. Written by \`yarn licenses\`: a test
fails where this is out of date, or where a license is not among those that [the script](../tools/release/licenses.mjs)
accepts.

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
