import { isBlockId } from '../blocks/block-id.js';
import { PRIORITY, type EmbedJob } from '../queue/job.js';

const PRIORITIES: ReadonlySet<unknown> = new Set(Object.values(PRIORITY));

/**
 * Whether the worker can read a job: any program that may write to pg-boss's tables can send to our queue. An unreadable
 * job would make the statement that claims its whole batch fail.
 *
 * @param idType the type of the id column
 */
export function isOurJob({ data }: { readonly data: unknown }, idType: string): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { blockId, since, priority, ...counts } = data as Partial<Record<keyof EmbedJob['data'], unknown>>;
  return (
    typeof blockId === 'string' &&
    isBlockId(blockId, idType) &&
    typeof since === 'string' &&
    !Number.isNaN(Date.parse(since)) &&
    PRIORITIES.has(priority) &&
    (counts.slow === undefined || counts.slow === true) &&
    [counts.failures, counts.crashes, counts.unchangedRequeues, counts.counted].every(isCount)
  );
}

function isCount(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}
