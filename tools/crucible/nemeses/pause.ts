import { Mutex } from 'async-mutex';
import type { PausablePart } from '../../../src/queue/pause.js';
import { until } from '../until.js';
import type { Nemesis, NemesisContext } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';

/** How long another nemesis may keep the database away. */
const PERSIST_MS = 60_000;
const RETRY_MS = 500;

/** One pause at a time: a second one would replace it. */
const turns = new Mutex();

/** Somebody pauses the backlog, and has everything embedded again meanwhile. Edits must not notice. */
export const pauseBacklog: Nemesis = {
  name: 'pause-backlog',
  delaysOthers: false,
  countsNothing: true,
  run: (context) => turns.runExclusive(() => pause(context, ['backlog'])),
};

/** Somebody pauses all work. */
export const pauseAll: Nemesis = {
  name: 'pause-all',
  delaysOthers: true,
  lingersMs: 2_000,
  countsNothing: true,
  run: (context) => turns.runExclusive(() => pause(context, ['backlog', 'live'])),
};

async function pause({ testbed, random, signal }: NemesisContext, parts: readonly PausablePart[]): Promise<void> {
  if (signal.aborted) return;
  const { runCommand } = testbed;
  const seconds = random.between(4, 12);
  const endsByItself = random.chance(0.3);
  const started = Date.now();
  const options = [...(parts.includes('live') ? ['--all'] : []), ...(endsByItself ? ['--for', `${seconds}s`] : [])];
  const { status } = await runCommand(['pause', ...options]);
  const from = Date.now();
  try {
    if (random.chance(0.7)) await runCommand(['backfill', '--all', '--yes', '--rate', '0']);
    await sleep(seconds * 1000 - (Date.now() - from), signal);
  } finally {
    const to = endsByItself ? Math.min(Date.now(), started + seconds * 1000) : Date.now();
    if (status === 0) testbed.notePause({ parts, from, to });
    // Also if the first command failed: it may have failed after its COMMIT.
    await until(async () => (await runCommand(['resume'])).status === 0, PERSIST_MS, RETRY_MS);
  }
}
