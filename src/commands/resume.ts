import { queueExists } from '../queue/queue-schema.js';
import { duration, writeJson, writeLines } from '../terminal/output.js';
import { withDatabase, withQueue } from './context.js';
import { localAndUtc, subjectOf } from './pause/describe.js';

/** Ends the pause. Exit status 0 also if nothing was paused. */
export async function runResume({ json }: { readonly json: boolean }): Promise<void> {
  await withDatabase('resume', async (context) => {
    const { config, database } = context;
    const exists = await queueExists(database, config.names); // otherwise there is nothing to resume
    const resumed = exists ? await withQueue(context, (queue) => queue.pauses.end()) : null;
    if (json) await writeJson({ resumed });
    else if (resumed === null) await writeLines(['Nothing was paused.']);
    else {
      const { since } = resumed;
      await writeLines([
        `All workers take ${subjectOf(resumed)} again within 5 s.`,
        `It was paused at ${localAndUtc(since)}, ${duration((Date.now() - since.getTime()) / 1000)} ago.`,
      ]);
    }
    return 0;
  });
}
