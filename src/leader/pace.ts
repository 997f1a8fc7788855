import { PAGE_BYTES } from '../blocks/page-range.js';
import { SLICE_PAGES } from '../blocks/table-walk.js';

/** How fast the leader reads the table. */
export interface Pace {
  /** Pages of one slice. */
  readonly slicePages: number;
  /** The share of the time that reading may take. */
  readonly share: number;
  /** The same while blocks are probably waiting that nothing else finds. */
  readonly urgentShare: number;
  /** Bytes read per second at most, unless it is urgent. */
  readonly bytesPerSecond: number;
}

export const PACE: Pace = {
  slicePages: SLICE_PAGES,
  share: 1 / 20,
  urgentShare: 1 / 2,
  bytesPerSecond: 32 * 1024 * 1024,
};

/**
 * A Tid Range Scan evicts other pages from the server's buffers. PostgreSQL keeps those that are read again before its clock
 * hand has come by a few times, so what counts is how long a pass takes to read as much as the buffers hold. With 1 GB of
 * buffers and 20,000 pages that are read every 40 s on average, 54 % of them stayed at 32 MB/s, 82 % at 16 and 92 % at 12
 * (simulated; docs/scaling.md has the measurement).
 */
const REPLACEMENT_SECONDS = 85;
/** Of buffers that hold less than a gigabyte, few pages stay anyway; the operating system keeps them. */
const LEAST_BYTES_PER_SECOND = 12 * 1024 * 1024;

/** The pace at which the pages that others need stay in the server's buffers. */
export function paceFor(pace: Pace, sharedBuffersBytes: number): Pace {
  const limit = Math.max(LEAST_BYTES_PER_SECOND, sharedBuffersBytes / REPLACEMENT_SECONDS);
  return { ...pace, bytesPerSecond: Math.min(pace.bytesPerSecond, limit) };
}

/** How long to pause after reading so many pages, in milliseconds. */
export function pauseAfter(
  { share, urgentShare, bytesPerSecond }: Pace,
  { pages, tookMs }: { readonly pages: number; readonly tookMs: number },
  isUrgent: boolean,
): number {
  if (isUrgent) return tookMs / urgentShare - tookMs;
  return Math.max(tookMs / share, (pages * PAGE_BYTES * 1000) / bytesPerSecond) - tookMs;
}
