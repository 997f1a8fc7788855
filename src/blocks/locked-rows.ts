/**
 * The pauses, in ms, before a row that another transaction has locked is tried again, in a transaction of its own. A worker of
 * another queue on the same table claims and stores on the same notification, and holds a row for a few milliseconds.
 */
export const LOCKED_ROW_PAUSES_MS: readonly number[] = [5, 10, 20, 40];
