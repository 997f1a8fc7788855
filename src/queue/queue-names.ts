import pg from 'pg';

/** The queue that a worker uses unless PALDOCS_QUEUE names another. */
export const DEFAULT_QUEUE = 'embed-block';
/** Appended to a queue's name for its dead letters. */
export const DEAD_LETTER_SUFFIX = '-failed';
/** Appended to a queue's name for the record of a pause. */
export const PAUSE_SUFFIX = '-pause';

/** The location of a worker's jobs. */
export interface QueueNames {
  /** pg-boss's schema. */
  readonly schema: string;
  /** Holds one live job per block at most; its singleton key is the block's id. */
  readonly queue: string;
  /** Holds one record for each block in `error`. */
  readonly deadLetters: string;
  /** Holds one record while work is paused by request. It exists from the first pause on. */
  readonly pause: string;
}

export function queueNames(schema: string, queue: string): QueueNames {
  return { schema, queue, deadLetters: `${queue}${DEAD_LETTER_SUFFIX}`, pause: `${queue}${PAUSE_SUFFIX}` };
}

/** A queue's name as an SQL literal, for SQL that becomes part of other statements. */
export function literal(queue: string): string {
  return pg.escapeLiteral(queue);
}
