/** The parts of the work that can be paused: swept and backfilled blocks, and edits. */
export type PausablePart = 'backlog' | 'live';

/** Work that is paused by request. */
export interface Pause {
  /** The backlog, or both. */
  readonly parts: readonly PausablePart[];
  readonly since: Date;
  /** When it ends by itself; null: when somebody ends it. */
  readonly until: Date | null;
}

/** The data of the job that records a pause. Other programs may read it; times are ISO 8601. */
export interface PauseRecord {
  readonly parts: readonly PausablePart[];
  readonly since: string;
  readonly until: string | null;
}

/** In a few words, for people. */
export function describePause({ parts, until }: Pause): string {
  const end = until === null ? 'somebody resumes it' : until.toISOString();
  return `${parts.includes('live') ? 'all work' : 'the backlog'} is paused by request until ${end}`;
}

/** Whether these are the same pause, or both none. */
export function isSamePause(a: Pause | null, b: Pause | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Reads the data of a record. Whatever else somebody may have put into the queue pauses nothing.
 *
 * @param now by the database's clock, in milliseconds since 1970: those of the replicas may differ
 * @returns null if it is not a record, or the pause is over
 */
export function pauseOf(data: unknown, now: number): Pause | null {
  if (typeof data !== 'object' || data === null) return null;
  const { parts, since, until } = data as Record<string, unknown>;
  const end = until === null ? null : timeOf(until);
  const start = timeOf(since);
  if (!Array.isArray(parts) || start === undefined || end === undefined) return null;
  if (end !== null && end.getTime() <= now) return null;
  const known = (['backlog', 'live'] as const).filter((part) => parts.includes(part));
  return known.length === 0 ? null : { parts: known, since: start, until: end };
}

function timeOf(value: unknown): Date | undefined {
  const time = typeof value === 'string' ? new Date(value) : undefined;
  return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
}
