import { findNotes } from '../../blocks/sql/find-notes.js';
import { readNoteIdType } from '../../blocks/sql/read-note-id-type.js';
import type { BlockScope } from '../../blocks/scope.js';
import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { ConfigurationError } from '../../base/errors.js';
import type { RequeueableStatus } from '../../backlog/backfill.js';
import { countScope } from '../../backlog/count-scope.js';
import { countQueued } from '../../queue/sql/count-queued.js';
import { queueExists } from '../../queue/queue-schema.js';
import type { CommandContext } from '../context.js';
import { printable } from '../../terminal/output.js';
import { requireIds } from '../require-ids.js';
import type { BackfillArguments, Request } from './options.js';

/** What a run will do. */
export interface BackfillPlan {
  readonly scope: BlockScope;
  readonly requeued: readonly RequeueableStatus[];
  readonly after: string | null;
}

/** How many blocks a run will embed. */
export interface BackfillCount {
  readonly found: number;
  readonly alreadyQueued: number;
  /** Blocks to requeue, by status. */
  readonly toRequeue: Readonly<Record<RequeueableStatus, number>>;
  /** Whether only a sample of the table was counted. */
  readonly estimated: boolean;
}

/**
 * Resolves the arguments against the database.
 *
 * @throws ConfigurationError for malformed ids and for notes that do not exist
 */
export async function planBackfill(
  context: CommandContext,
  args: BackfillArguments,
  request: Request,
): Promise<BackfillPlan> {
  const { table } = context.blocks;
  const scope = await readScope(context, request);
  const { after } = request;
  if (after !== null) requireIds('--after', [after], table.idType);
  return { scope, requeued: statusesToRequeue(args), after };
}

/**
 * Counts the blocks that a run would embed, in a sample of a large table.
 *
 * @param exact whether to count every block, however many there are
 */
export async function countPlanned(
  { config: { names }, database, blocks: { table } }: CommandContext,
  { scope, requeued, after }: BackfillPlan,
  exact: boolean,
): Promise<BackfillCount> {
  const withJobs = await queueExists(database, names); // counting does not create the schema
  const { counts, scale, estimated } = await countScope({ database, table, names, scope, after, withJobs, exact });
  const total = (key: 'count' | 'queued', statuses: readonly FoundStatus[]) => {
    const rows = sum(counts.filter(({ status }) => statuses.includes(status)).map((one) => one[key]));
    return estimated ? Math.round(rows * scale) : rows;
  };
  const toRequeue = { completed: 0, error: 0, skipped: 0 };
  for (const status of requeued) toRequeue[status] = total('count', [status]);
  // A sample may miss the few blocks that wait; jobs are always counted.
  const isEverything = scope.types === null && scope.notes === null && after === null;
  const jobs = estimated && withJobs && isEverything ? await countQueued(database, names) : undefined;
  const alreadyQueued = jobs === undefined ? total('queued', WAITING) : jobs.ready + jobs.delayed;
  const waiting = Math.max(total('count', WAITING), alreadyQueued);
  return { found: waiting + sum(Object.values(toRequeue)), alreadyQueued, toRequeue, estimated };
}

/**
 * A block is `skipped` because it holds no text or because the API leaves its type out, and nothing records which of the
 * two. So `--all` leaves skipped blocks alone unless their type is named.
 */
function statusesToRequeue({ all, retryErrors, blockType }: BackfillArguments): RequeueableStatus[] {
  return [
    ...(all ? (['completed'] as const) : []),
    ...(all && blockType !== undefined ? (['skipped'] as const) : []),
    ...(retryErrors ? (['error'] as const) : []),
  ];
}

async function readScope(
  { database, blocks: { table } }: CommandContext,
  { types, noteIds }: Request,
): Promise<BlockScope> {
  if (noteIds === null) return { types, notes: null };
  const idType = await readNoteIdType(database, table);
  requireIds('--note', noteIds, idType, 'note');
  const found = await findNotes(database, table, idType, noteIds);
  const missing = noteIds.filter((id) => !found.has(id));
  if (missing.length > 0) {
    throw new ConfigurationError('OPTION', `--note: there is no note ${missing.map(printable).join(', ')}`);
  }
  return { types, notes: { ids: [...found.values()], idType } };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
