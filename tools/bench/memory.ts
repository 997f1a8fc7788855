import { figure, type Figure } from './scenario.js';

/** Well below the 256 MiB of a pod, with the image's flags. */
const MAX_MB = 160;

/** @param peaks peak resident memory of the worker in each run, in bytes */
export function memoryFigure(peaks: readonly number[], prefix = ''): Figure {
  return figure(
    `${prefix}peak memory of the worker`,
    'MB',
    peaks.map((bytes) => bytes / 1e6),
    { atMost: MAX_MB },
  );
}
