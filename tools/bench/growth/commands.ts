import type { TestDatabase } from '../../../test/support/test-database.js';
import { forgetJobs, SCHEMA } from '../embed-pending.js';
import { figure, type Figure } from '../scenario.js';
import { BENCH_MARK, longestStatement, resetStatements, type LongestStatement } from '../statements.js';
import { interruptCommand, runCommand, type Environment } from '../worker.js';
import type { GrowthTable } from './table.js';

/** Most of their time is the start of a process, about half a second. */
const COMMANDS: readonly { readonly args: readonly string[]; readonly atMost: number }[] = [
  { args: ['status'], atMost: 2 },
  { args: ['errors'], atMost: 1 },
  { args: ['backfill', '--dry-run'], atMost: 3 },
];
/** They keep enqueuing until they are interrupted. */
const FIRST_JOBS: readonly { readonly args: readonly string[]; readonly atMost: number }[] = [
  { args: ['backfill'], atMost: 1 },
  { args: ['backfill', '--all', '--yes'], atMost: 1 },
];
/** Blocks that `backfill` finds, evenly over the table. */
const PENDING = 1_000;

export interface CommandCosts {
  readonly figures: readonly Figure[];
  readonly longest: LongestStatement;
}

/** How long commands take while no worker is running, and how soon a backfill enqueues its first job. */
export async function measureCommands(
  { db, blocks, name }: GrowthTable,
  script: string,
  environment: Environment,
  repeats: number,
): Promise<CommandCosts> {
  await forgetJobs(db);
  await resetStatements(db);
  const figures: Figure[] = [];
  for (const { args, atMost } of COMMANDS) {
    const seconds: number[] = [];
    while (seconds.length < repeats) {
      const started = performance.now();
      await runCommand(script, args, environment);
      seconds.push((performance.now() - started) / 1000);
    }
    figures.push(figure(`${name}: ${args.join(' ')}`, 's', seconds, { atMost }));
  }
  for (const { args, atMost } of FIRST_JOBS) {
    const seconds: number[] = [];
    while (seconds.length < repeats) {
      await setPending(db, Math.max(1, Math.floor(blocks / PENDING)));
      seconds.push(await interruptCommand(script, args, environment, () => hasJob(db)));
      await setCompleted(db);
    }
    const command = args.filter((arg) => arg !== '--yes').join(' ');
    figures.push(figure(`${name}: ${command}, until its first job`, 's', seconds, { atMost }));
  }
  return { figures, longest: await longestStatement(db) };
}

async function hasJob(db: TestDatabase): Promise<boolean> {
  const [row] = await db.query<{ exists: boolean }>(
    `SELECT ${BENCH_MARK} EXISTS (SELECT FROM ${SCHEMA}.job WHERE name = 'embed-block') AS exists`,
  );
  return row?.exists === true;
}

async function setPending(db: TestDatabase, every: number): Promise<void> {
  await db.query(`UPDATE ${BENCH_MARK} blocks SET embedding_status = 'pending' WHERE id % $1 = 0`, [every]);
}

async function setCompleted(db: TestDatabase): Promise<void> {
  await db.query(`DELETE FROM ${BENCH_MARK} ${SCHEMA}.job WHERE name = 'embed-block'`);
  await db.query(
    `UPDATE ${BENCH_MARK} blocks SET embedding_status = 'completed' WHERE embedding_status <> 'completed'`,
  );
}
