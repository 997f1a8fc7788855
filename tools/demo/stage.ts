import type { BlocksTable } from '../../src/blocks/table.js';
import type { Config } from '../../src/config/config.js';
import type { Database } from '../../src/postgres/database.js';
import type { Events } from '../../src/telemetry/events.js';
import type { Model } from './model.js';

/** What all parts of the demo use. */
export interface Stage {
  readonly config: Config;
  readonly database: Database;
  readonly table: BlocksTable;
  /** The worker's events. */
  readonly events: Events;
  readonly model: Model;
  /** Aborts when the demo is interrupted. */
  readonly signal: AbortSignal;
}
