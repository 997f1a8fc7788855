import { sleep } from '../base/sleep.js';
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
  /** Whether to count every block of a large table, instead of a sample. */
  readonly exact: boolean;
  /** Seconds between two snapshots. */
  readonly interval: number;
}

/** Pauses at least this many times as long as a snapshot took, so that watching causes little load. */
const PAUSE_RATIO = 5;
/** Overwrites the last snapshot line by line, then clears what is left: nothing flickers. */
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

/** Prints a snapshot, once or until interrupted. */
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
    await sleep(pauseMs, context.signal);
  }
}

async function show(context: CommandContext, options: StatusOptions, redraws: boolean): Promise<void> {
  const snapshot = await takeSnapshot(context, options.exact);
  if (options.json) return await writeJson(snapshot, options.watch ? 0 : 2);
  const lines = renderStatus(snapshot, PROVIDER_NAMES[context.config.provider]);
  if (!redraws) return await writeLines(lines);
  await write(HOME + lines.map((line) => `${line}${CLEAR_LINE}\n`).join('') + CLEAR_REST);
}
