import {
  countExactly,
  countOrEstimate,
  type Count,
  type CountLimits,
  type Tally,
} from '../blocks/count-or-estimate.js';
import { scopePart } from '../blocks/table-part.js';
import { STATEMENT_TIMEOUT_MS } from '../blocks/table-walk.js';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../postgres/database.js';
import { withStatementTimeout } from '../postgres/statement-timeout.js';
import type { QueueNames } from '../queue/queue-names.js';
import { countInScope, type CountInScope, type StatusCount } from './sql/count-in-scope.js';

export interface CountScope extends CountInScope {
  readonly database: Database;
  readonly table: BlocksTable;
  readonly names: QueueNames;
  /** Whether to count every block, however many there are. */
  readonly exact: boolean;
  readonly limits?: CountLimits;
}

/** Counts the blocks in scope by status: those of a few notes by an index if there is one. */
export async function countScope(options: CountScope): Promise<Tally<StatusCount>> {
  const { database, table, names, exact, limits } = options;
  const count: Count<StatusCount> = (tx, part) => countInScope(tx, names, table, options, part);
  if (options.scope.notes !== null) {
    const part = scopePart(table, options.scope);
    const counts = await withStatementTimeout(database, STATEMENT_TIMEOUT_MS, (tx) => count(tx, part));
    if (counts !== undefined) return { counts, scale: 1, estimated: false };
  }
  return exact ? await countExactly(database, table, count) : await countOrEstimate(database, table, count, limits);
}
