import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '../postgres/sqlstate.js';
import { PROVIDER_NAMES } from '../embedder/dialect.js';
import { withContext, type CommandContext } from './context.js';
import { requireNumber } from '../terminal/options.js';
import { write, writeJson, writeLines } from '../terminal/output.js';
import { renderStatus } from './status/render.js';
import { takeSnapshot } from './status/snapshot.js';

export interface StatusOptions {
  readonly json: boolean;
  readonly watch: boolean;
  /** Seconds between two looks. */
  readonly interval: number;
}

/** Between two looks it pauses this many times as long as one took, so that watching is no load. */
const PAUSE_RATIO = 5;
/** Draws over what is there, line by line, and clears what is left: nothing flickers. */
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

/** How far the blocks are, once or until interrupted. */
export async function runStatus(options: StatusOptions): Promise<void> {
  requireNumber('--interval', options.interval, 0.1, 86_400);
  await withContext('status', async (context) => {
    if (options.watch) await watch(context, options);
    else await show(context, options, false);
    return 0;
  });
}

async function watch(context: CommandContext, options: StatusOptions): Promise<void> {
  const redraws = process.stdout.isTTY && !options.json;
  while (!context.signal.aborted) {
    const started = performance.now();
    try {
      await show(context, options, redraws);
      if (!redraws && !options.json) await write('\n');
    } catch (error) {
      if (!isTransient(error)) throw error;
      context.log.warn('the database does not answer; retrying', { error });
    }
    const tookMs = performance.now() - started;
    const pauseMs = Math.max(options.interval * 1000, tookMs * PAUSE_RATIO);
    await sleep(pauseMs, undefined, { signal: context.signal }).catch(() => undefined); // ended early on purpose
  }
}

async function show(context: CommandContext, options: StatusOptions, redraws: boolean): Promise<void> {
  const snapshot = await takeSnapshot(context);
  if (options.json) return await writeJson(snapshot, options.watch ? 0 : 2);
  const lines = renderStatus(snapshot, PROVIDER_NAMES[context.config.provider]);
  if (!redraws) return await writeLines(lines);
  await write(HOME + lines.map((line) => `${line}${CLEAR_LINE}\n`).join('') + CLEAR_REST);
}
