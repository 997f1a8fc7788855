import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { projectRoot } from '../project-root.js';
import { readCommandLine, USAGE } from './options.js';
import { measureFigures } from './figures/measure.js';
import { FIGURES } from './figures/registry.js';
import { NEMESES } from './nemeses/registry.js';
import { prove } from './prove.js';
import { reportOf } from './report.js';
import { runCrucible } from './run.js';
import { SABOTAGES } from './sabotage/sabotages.js';

const root = projectRoot();
const tell = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns the exit status */
async function main(): Promise<number> {
  const {
    run,
    json,
    help,
    list,
    build,
    figure,
    seconds,
    prove: guards,
  } = readCommandLine(process.argv.slice(2), join(root, 'dist', 'cli.js'));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (list) {
    console.log(`nemeses: ${NEMESES.map(({ name }) => name).join(', ')}`);
    for (const { name, what } of FIGURES) console.log(`figure ${name}: ${what}`);
    for (const [name, { what }] of Object.entries(SABOTAGES)) console.log(`guard ${name}: ${what}`);
    return 0;
  }
  if (build)
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  if (figure !== undefined) {
    const measured = await measureFigures(figure, run, seconds, tell);
    if (json) console.log(JSON.stringify(measured));
    return measured.every(({ pass }) => pass) ? 0 : 1;
  }
  if (guards !== undefined) {
    const proofs = await prove(guards, run, tell);
    if (json) console.log(JSON.stringify(proofs));
    return proofs.every(({ proven }) => proven) ? 0 : 1;
  }
  const result = await runCrucible(run, tell);
  console.log(json ? JSON.stringify(result) : reportOf(result));
  return result.violations.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  tell(error instanceof TypeError || error instanceof RangeError ? `${error.message}\n${USAGE}` : inspect(error));
  process.exitCode = 2;
}
