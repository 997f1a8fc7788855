import { findNotes } from '../../blocks/sql/find-notes.js';
import { readNoteIdType } from '../../blocks/sql/read-note-id-type.js';
import type { BlockScope } from '../../blocks/scope.js';
import { WAITING, type FoundStatus } from '../../blocks/status.js';
import { withLongTimeout } from '../../postgres/statement-timeout.js';
import { ConfigurationError } from '../../base/errors.js';
import type { RequeueableStatus } from '../../backlog/backfill.js';
import { countInScope } from '../../backlog/sql/count-in-scope.js';
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
  /** Blocks to embed, counted beforehand. */
  readonly found: number;
  readonly alreadyQueued: number;
  /** Blocks to requeue, by status. */
  readonly toRequeue: Readonly<Record<RequeueableStatus, number>>;
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
  const { config, database, blocks } = context;
  const { table } = blocks;
  const scope = await readScope(context, request);
  const { after } = request;
  if (after !== null) requireIds('--after', [after], table.idType);
  const requeued = statusesToRequeue(args);
  const withJobs = await queueExists(database, config.names); // counting does not create the schema
  const counts = await withLongTimeout(database, (tx) =>
    countInScope(tx, config.names, table, { scope, after, withJobs }),
  );
  const ofStatus = (status: FoundStatus) => counts.find((one) => one.status === status) ?? { count: 0, queued: 0 };
  const toRequeue = { completed: 0, error: 0, skipped: 0 };
  for (const status of requeued) toRequeue[status] = ofStatus(status).count;
  const waiting = WAITING.map(ofStatus);
  return {
    scope,
    requeued,
    after,
    toRequeue,
    found: sum(waiting.map(({ count }) => count)) + sum(Object.values(toRequeue)),
    alreadyQueued: sum(waiting.map(({ queued }) => queued)),
  };
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
