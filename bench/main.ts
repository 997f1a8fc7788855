import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../demo/reference-schema.js';
import { machineOf } from './machine.js';
import { readCommandLine, USAGE } from './options.js';
import { machineLine, tableOf, type Measured, type Report } from './report.js';
import { reached } from './scenario.js';
import { SCENARIOS, scenariosNamed } from './scenarios/registry.js';
import { BenchServer } from './server.js';

const root = projectRoot();
const tell = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns the exit status: 1 when a figure was not reached */
async function main(): Promise<number> {
  const {
    bench: options,
    json,
    help,
    list,
    build,
  } = readCommandLine(process.argv.slice(2), join(root, 'dist', 'cli.js'));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (list) {
    for (const { name, what } of SCENARIOS) console.log(`${name}: ${what}`);
    return 0;
  }
  const scenarios = scenariosNamed(options.scenarios);
  if (build)
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  const server = await BenchServer.start();
  try {
    const machine = machineOf(server.description);
    const measured: Measured[] = [];
    console.log(`${machineLine(machine)}; seed ${options.seed}, runs ${options.runs}${options.quick ? ', quick' : ''}`);
    for (const scenario of scenarios) {
      const { name, what } = scenario;
      const figures = await scenario.measure({ server, options, tell });
      measured.push({ scenario: name, what, figures });
      console.log(`\n${tableOf({ scenario: name, what, figures })}`);
    }
    const report: Report = { machine, seed: options.seed, runs: options.runs, quick: options.quick, measured };
    if (json !== undefined) await writeFile(json, JSON.stringify(report, undefined, 2) + '\n');
    return options.quick || measured.every(({ figures }) => figures.every(reached)) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  tell(
    error instanceof TypeError || error instanceof RangeError
      ? `${error.message}\n${USAGE}`
      : String(error instanceof Error ? error.stack : error),
  );
  process.exitCode = 2;
}
