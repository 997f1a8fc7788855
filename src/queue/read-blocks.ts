import type { ClaimedBlock } from '../blocks/claim.js';
import type { BlocksTable } from '../blocks/table.js';
import { blockText } from '../blocks/text.js';
import { DEATHS_ALONE, DEATHS_IN_COMPANY } from './boss.js';
import type { FailedBlock } from './fail.js';
import type { HeldBlock } from './held-block.js';
import { deathsOf, type EmbedJob } from './job.js';

export interface ReadText extends HeldBlock {
  readonly text: string;
}

/** Claimed blocks, by what is to be done with them. */
export interface ReadBlocks {
  readonly texts: readonly ReadText[];
  /** There is nothing to embed. */
  readonly textless: readonly HeldBlock[];
  /** So many workers died with them that they are set aside. */
  readonly killers: readonly FailedBlock[];
}

/** Makes the texts of claimed blocks. @param jobs of which the blocks are some */
export function readBlocks(
  jobs: readonly EmbedJob[],
  claimed: readonly ClaimedBlock[],
  contentFormat: BlocksTable['contentFormat'],
): ReadBlocks {
  const jobOf = new Map(jobs.map((job) => [job.data.blockId, job]));
  const texts: ReadText[] = [];
  const textless: HeldBlock[] = [];
  const killers: FailedBlock[] = [];
  for (const { id, type, content, noteTitle, fingerprint } of claimed) {
    const job = jobOf.get(id);
    if (job === undefined) continue;
    // Set aside before anything is made of it: its text may be what kills.
    if (deathsOf(job) >= DEATHS_IN_COMPANY + DEATHS_ALONE) {
      killers.push(killer(job, fingerprint));
      continue;
    }
    const text = blockText({ type, content, noteTitle, contentFormat });
    if (text === null) textless.push({ job, fingerprint });
    else texts.push({ job, fingerprint, text });
  }
  return { texts, textless, killers };
}

export function isEmpty({ texts, textless, killers }: ReadBlocks): boolean {
  return texts.length + textless.length + killers.length === 0;
}

function killer(job: EmbedJob, fingerprint: string): FailedBlock {
  const message = `${deathsOf(job)} workers died with this block in hand: look at what it holds`;
  return { job, fingerprint, reason: 'WORKER_DEATHS', message, final: true };
}
