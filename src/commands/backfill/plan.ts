import { isBlockId } from '../../blocks/block-id.js';
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
import type { BackfillArguments, Request } from './options.js';

/** What a run is about to do. */
export interface BackfillPlan {
  readonly scope: BlockScope;
  readonly requeued: readonly RequeueableStatus[];
  readonly after: string | null;
  /** Blocks with something to do, as counted before. */
  readonly found: number;
  readonly alreadyQueued: number;
  /** Blocks to requeue, by status. */
  readonly toRequeue: Readonly<Record<RequeueableStatus, number>>;
}

/**
 * Reads from the database what the arguments mean.
 *
 * @throws ConfigurationError for ids that cannot be, and notes that are not
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
  if (after !== null && !isBlockId(after, table.idType)) {
    throw new ConfigurationError(
      'OPTION',
      `--after: "${printable(after)}" is no id of a block: ids are of type ${table.idType}`,
    );
  }
  const requeued = statusesToRequeue(args);
  const withJobs = await queueExists(database, config.names); // counting makes no schema
  const counts = await withLongTimeout(database, (tx) =>
    countInScope(tx, config.names, table, { scope, after, withJobs }),
  );
  const having = (status: FoundStatus) => counts.find((one) => one.status === status) ?? { count: 0, queued: 0 };
  const toRequeue = { completed: 0, error: 0, skipped: 0 };
  for (const status of requeued) toRequeue[status] = having(status).count;
  const waiting = WAITING.map(having);
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
 * A skipped block holds nothing to embed, or its type is one that the API leaves out, and nobody wrote down which: so
 * `--all` leaves it alone, except where its type is named.
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
  const odd = noteIds.find((id) => !isBlockId(id, idType));
  if (odd !== undefined) {
    throw new ConfigurationError('OPTION', `--note: "${printable(odd)}" is no id of a note: ids are of type ${idType}`);
  }
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
