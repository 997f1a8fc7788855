import type { BlocksTable } from '../blocks/table.js';
import { BlockTexts } from '../blocks/context/block-texts.js';
import type { TextInContext } from '../embedder/text-in-context.js';
import { crashesOf, CRASHES_BEFORE_ISOLATION, MAX_ISOLATED_CRASHES, type EmbedJob } from '../queue/job.js';
import type { ClaimedBatch } from './claim.js';
import type { ClaimedJob, Verdict } from './outcome.js';

/** A claimed block's text, ready to be embedded. */
export interface PreparedText extends ClaimedJob, TextInContext {}

/** Extracts the texts of claimed blocks. A block without text is skipped; one that crashed too many workers fails. */
export function prepare(
  claimed: ClaimedBatch['claimed'],
  table: BlocksTable,
): { readonly texts: readonly PreparedText[]; readonly verdicts: readonly Verdict[] } {
  const blockTexts = new BlockTexts(table);
  const texts: PreparedText[] = [];
  const verdicts: Verdict[] = [];
  for (const { job, block } of claimed) {
    const { fingerprint } = block;
    // Before the content is read: reading it may be what crashes the worker.
    if (crashesOf(job) >= CRASHES_BEFORE_ISOLATION + MAX_ISOLATED_CRASHES) {
      verdicts.push(poisonFailure(job, fingerprint));
      continue;
    }
    const text = blockTexts.of(block);
    if (text === null) verdicts.push({ kind: 'skip', job, fingerprint });
    else texts.push({ job, fingerprint, ...text });
  }
  return { texts, verdicts };
}

function poisonFailure(job: EmbedJob, fingerprint: string): Verdict {
  const message = `${crashesOf(job)} workers crashed while they worked on this block: check its content`;
  return { kind: 'fail', job, fingerprint, reason: 'WORKER_CRASHES', message, final: true };
}
