import type { PgBoss } from 'pg-boss';
import type { BlocksTable } from '../blocks/table.js';
import type { Database } from '../database/database.js';

/** What settling a job needs. */
export interface SettleContext {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly schema: string;
  readonly table: BlocksTable;
  /** Failures of its own after which a block is set aside. */
  readonly retryLimit: number;
}
