import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { projectRoot } from '../project-root.js';
import { runUntilFaults } from './long-run.js';
import { readCommandLine, USAGE } from './options.js';
import { measureScenarios } from './scenarios/measure.js';
import { SCENARIOS } from './scenarios/registry.js';
import { NEMESES } from './nemeses/registry.js';
import { prove } from './prove.js';
import { longReportOf, reportOf } from './report.js';
import { runCrucible } from './run.js';
import { SABOTAGES } from './sabotage/sabotages.js';

const root = projectRoot();
const print = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns the exit status */
async function main(): Promise<number> {
  const {
    run,
    json,
    help,
    list,
    build,
    scenario,
    seconds,
    prove: guardNames,
    faults,
  } = readCommandLine(process.argv.slice(2), join(root, 'dist', 'cli.js'));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (list) {
    console.log(
      listOf(
        'Faults, for --nemesis:',
        NEMESES.map(({ name }) => name),
      ),
    );
    console.log(
      listOf(
        'Scenarios, for --scenario:',
        SCENARIOS.map(({ name, what }) => `${name}: ${what}`),
      ),
    );
    const guards = Object.entries(SABOTAGES).map(([name, { what }]) => `${name}: ${what}`);
    console.log(listOf('Guards, for --prove and --sabotage, and what happens without them:', guards));
    return 0;
  }
  if (build)
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  if (scenario !== undefined) {
    const measured = await measureScenarios(scenario, run, seconds, print);
    if (json) console.log(JSON.stringify(measured));
    return measured.every(({ pass }) => pass) ? 0 : 1;
  }
  if (guardNames !== undefined) {
    const proofs = await prove(guardNames, run, print);
    if (json) console.log(JSON.stringify(proofs));
    return proofs.every(({ proven }) => proven) ? 0 : 1;
  }
  if (faults !== undefined) {
    const long = await runUntilFaults(faults, run, print, (one) => print(reportOf(one)));
    console.log(json ? JSON.stringify(long) : longReportOf(long));
    return long.failed.length === 0 ? 0 : 1;
  }
  const result = await runCrucible(run, print);
  console.log(json ? JSON.stringify(result) : reportOf(result));
  return result.violations.length === 0 ? 0 : 1;
}

function listOf(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  print(
    error instanceof TypeError || error instanceof RangeError
      ? `${error.message}\nTry: npm run crucible -- --help`
      : inspect(error),
  );
  process.exitCode = 2;
}
