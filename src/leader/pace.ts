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
  /** Bytes read per second at most, unless it is urgent: a Tid Range Scan evicts other pages from the server's buffers. */
  readonly bytesPerSecond: number;
}

export const PACE: Pace = {
  slicePages: SLICE_PAGES,
  share: 1 / 20,
  urgentShare: 1 / 2,
  bytesPerSecond: 32 * 1024 * 1024,
};

/** How long to pause after reading so many pages, in milliseconds. */
export function pauseAfter(
  { share, urgentShare, bytesPerSecond }: Pace,
  { pages, tookMs }: { readonly pages: number; readonly tookMs: number },
  isUrgent: boolean,
): number {
  if (isUrgent) return tookMs / urgentShare - tookMs;
  return Math.max(tookMs / share, (pages * PAGE_BYTES * 1000) / bytesPerSecond) - tookMs;
}
