import type { PausablePart, Pause } from '../queue/pause.js';
import { requireDuration } from '../terminal/duration-option.js';
import { writeJson, writeLines } from '../terminal/output.js';
import { withDatabase, withQueue } from './context.js';
import { endOf, subjectOf } from './pause/describe.js';

export interface PauseArguments {
  /** Whether live edits wait, too. */
  readonly all: boolean;
  readonly for?: string | undefined;
  readonly json: boolean;
}

/** A year: whoever wants more leaves the end open. */
const MAX_SECONDS = 365 * 86_400;

/** Makes all replicas stop taking backlog, or all jobs, until `resume` or until the time is over. */
export async function runPause(args: PauseArguments): Promise<void> {
  const seconds = requireDuration('--for', args.for, 1, MAX_SECONDS);
  const parts: PausablePart[] = args.all ? ['backlog', 'live'] : ['backlog'];
  await withDatabase('pause', async (context) => {
    const { pause, replaced } = await withQueue(context, (queue) => queue.pauses.start(parts, seconds, context.signal));
    if (args.json) await writeJson({ pause, replaced });
    else await writeLines(describe(pause, replaced));
    return 0;
  });
}

function describe(pause: Pause, replaced: Pause | null): string[] {
  const now = pause.since;
  const edits = pause.parts.includes('live') ? 'Edits wait, too' : 'Edits are embedded as before';
  const lines = [
    `${capitalised(subjectOf(pause))} is paused ${endOf(pause, now)}.`,
    `All workers stop taking it within 5 s; jobs in progress finish. ${edits}.`,
  ];
  if (replaced !== null) lines.push(`This replaces the pause of ${subjectOf(replaced)} ${endOf(replaced, now)}.`);
  return lines;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
