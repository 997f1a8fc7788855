import type { EmbedJob } from './job.js';

/** A block in our hands: its job, and its text as the claim read it. */
export interface HeldBlock {
  readonly job: EmbedJob;
  readonly fingerprint: string;
}

/** What a statement compares with the block's row. */
export function sourceOf({ job, fingerprint }: HeldBlock): { readonly id: string; readonly fingerprint: string } {
  return { id: job.data.blockId, fingerprint };
}
