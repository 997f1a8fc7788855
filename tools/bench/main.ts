import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { machineOf } from './machine.js';
import { readCommandLine, USAGE, type CommandLine } from './options.js';
import { machineLine, tableOf, type Measured, type Report } from './report.js';
import { isReached } from './scenario.js';
import { SCENARIOS, scenariosNamed } from './scenarios/registry.js';
import { BenchServer } from './server.js';

const root = projectRoot();
const print = (line: string) => void process.stderr.write(`${line}\n`);

/** @returns the exit status: 1 if a target was missed */
async function main(): Promise<number> {
  const commandLine = readCommandLine(process.argv.slice(2), join(root, 'dist', 'cli.js'));
  if (commandLine.help) {
    console.log(USAGE);
    return 0;
  }
  if (commandLine.list) {
    for (const { name, what } of SCENARIOS) console.log(`${name}: ${what}`);
    return 0;
  }
  const { json, charts } = commandLine;
  const report = commandLine.report === undefined ? await measure(commandLine) : await show(commandLine.report);
  if (json !== undefined) await writeFile(json, JSON.stringify(report, undefined, 2) + '\n');
  if (charts !== undefined) {
    const { writeCharts } = await import('./charts/draw.js'); // takes half a second
    for (const path of await writeCharts(report, charts)) print(`wrote ${path}`);
  }
  return report.measured.every(({ figures }) => figures.every(isReached)) ? 0 : 1;
}

async function measure({ bench: options, build }: CommandLine): Promise<Report> {
  const scenarios = scenariosNamed(options.scenarios);
  if (build)
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  const server = await BenchServer.start();
  try {
    const { seed, runs, quick } = options;
    const measured: Measured[] = [];
    const report: Report = { machine: machineOf(server.description), seed, runs, quick, measured };
    console.log(headingOf(report));
    for (const scenario of scenarios) {
      const { name, what } = scenario;
      const found = await scenario.measure({ server, options, print });
      // Targets apply to the full sizes; small ones reach or miss them by accident.
      const figures = quick ? found.map(({ target: _, ...figure }) => figure) : found;
      measured.push({ scenario: name, what, figures });
      console.log(`\n${tableOf({ scenario: name, what, figures })}`);
    }
    return report;
  } finally {
    await server.stop();
  }
}

async function show(file: string): Promise<Report> {
  const report = JSON.parse(await readFile(file, 'utf8')) as Report;
  console.log(headingOf(report));
  for (const one of report.measured) console.log(`\n${tableOf(one)}`);
  return report;
}

function headingOf({ machine, seed, runs, quick }: Report): string {
  return `${machineLine(machine)}; seed ${seed}, ${runs === 1 ? '1 run' : `median of ${runs} runs`}${quick ? ', small sizes without targets' : ''}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  print(
    error instanceof TypeError || error instanceof RangeError
      ? `${error.message}\nTry: npm run bench -- --help`
      : String(error instanceof Error ? error.stack : error),
  );
  process.exitCode = 2;
}
