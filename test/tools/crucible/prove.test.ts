import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Proof } from '../../../tools/crucible/prove.js';
import { SABOTAGES } from '../../../tools/crucible/sabotage/sabotages.js';
import { projectRoot } from '../../../tools/project-root.js';

/** Each guard takes a server, workers and a stand-in: `CRUCIBLE=1 yarn test test/tools/crucible`, after `yarn build`. */
const isEnabled = process.env['CRUCIBLE'] === '1';
const TIMEOUT_MS = 180_000;

async function proofOf(guard: string): Promise<Proof | undefined> {
  const args = [
    'dist-tools/tools/crucible/main.js',
    '--worker',
    join(projectRoot(), 'dist/cli.js'),
    '--json',
    '--prove',
    guard,
  ];
  const run = promisify(execFile)(process.execPath, args, { cwd: projectRoot(), timeout: TIMEOUT_MS });
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string }); // status 1: not noticed
  return (JSON.parse(stdout) as Proof[])[0];
}

(isEnabled ? describe : describe.skip)('the crucible (skipped unless CRUCIBLE=1)', () => {
  it.each(Object.entries(SABOTAGES).map(([guard, { what }]) => [what, guard] as const))(
    'notices when %s',
    async (_, guard) => {
      expect(await proofOf(guard)).toMatchObject({ proven: true });
    },
    TIMEOUT_MS,
  );
});
