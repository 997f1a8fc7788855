import { figure, type Figure } from './scenario.js';

/** Well within a pod of 256 MiB, with the image's flags. */
const MOST_MB = 160;

/** @param peaks the most resident memory of the worker in each run: bytes */
export function memoryFigure(peaks: readonly number[], of = ''): Figure {
  return figure(
    `${of}peak memory of the worker`,
    'MB',
    peaks.map((bytes) => bytes / 1e6),
    { atMost: MOST_MB },
  );
}
