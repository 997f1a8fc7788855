import type { BlocksTable } from '../../src/blocks/table.js';
import type { Config } from '../../src/config/config.js';
import type { Database } from '../../src/postgres/database.js';
import type { Events } from '../../src/telemetry/events.js';
import type { Model } from './model.js';

/** What all acts of the demo play on. */
export interface Stage {
  readonly config: Config;
  readonly database: Database;
  readonly table: BlocksTable;
  /** What the worker tells of itself. */
  readonly events: Events;
  readonly model: Model;
  /** Aborted when the demo is interrupted. */
  readonly signal: AbortSignal;
}
