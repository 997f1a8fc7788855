import { setFlagsFromString } from 'node:v8';

/*
 * V8 reads these flags whenever it sizes its heap, so that they may be set while it runs. Node's documentation warns of
 * flags set after start, and NODE_OPTIONS does not take the first: the figures below say why we set them all the same.
 */

/**
 * How much the heap may grow beyond what was alive after a collection, before all of it is collected again: percent.
 *
 * V8 says 30 for a heap as small as ours, and counts the bytes of answers and vectors that pass through beside it. Every
 * 150 ms it marked the 23 MB that stay, for a third of the worker's CPU at 4 × 64; with 50 it does so half as often or less.
 */
const GROWING_PERCENT = 50;

/** For a worker: collects its heap less often. */
export function tuneHeapForThroughput(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}

/**
 * For a command that makes garbage for hours, one page of ids at a time: keeps V8's heap near the 10 MB in use. On a
 * machine with memory to spare the young generation grows to 128 MB, and the old one is not collected before it holds
 * 45: a backfill of 1,000,000 blocks took 240 MB without this, 100 with it, in the same time.
 */
export function tuneHeapForSize(): void {
  setFlagsFromString('--optimize-for-size');
}
