import type { Blocks } from '../blocks/blocks.js';
import type { Database } from '../postgres/database.js';
import type { Hold } from '../postgres/hold.js';
import type { EmbedQueue } from '../queue/embed-queue.js';
import type { Waker } from '../queue/waker.js';
import type { Events } from '../telemetry/events.js';
import type { Logger } from '../telemetry/logger.js';

/** What the parts of the leader share. */
export interface LeaderParts {
  readonly database: Database;
  readonly queue: EmbedQueue;
  readonly blocks: Blocks;
  readonly waker: Waker;
  readonly hold: Hold;
  readonly events: Events;
  readonly log: Logger;
}
