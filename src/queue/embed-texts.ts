import type { Embedder } from '../embedder/embedder.js';
import type { FailedBlock } from './fail.js';
import { PRIORITY } from './job.js';
import type { ReadText } from './read-blocks.js';
import type { EmbeddedBlock, Worked } from './settle.js';

/** Whether someone is waiting for it: an edit, not backlog. */
export const isLive = ({ job }: ReadText) => job.data.priority === PRIORITY.live;

/**
 * Embeds the texts of blocks in our hands, ahead of backlog where an edit is among them.
 *
 * @returns vectors and rejections, or the error that kept all texts from being embedded
 */
export async function embedTexts(
  embedder: Embedder,
  texts: readonly ReadText[],
  signal: AbortSignal,
): Promise<Pick<Worked, 'embedded' | 'failed'> & { readonly error?: unknown }> {
  const priority = texts.some(isLive) ? PRIORITY.live : PRIORITY.backlog;
  const embedded: EmbeddedBlock[] = [];
  const failed: FailedBlock[] = [];
  try {
    const vectors = await embedder.embed(
      texts.map(({ text }) => text),
      { priority, signal },
    );
    texts.forEach(({ job, fingerprint }, i) => {
      const vector = vectors[i];
      if (vector instanceof Float32Array) embedded.push({ job, fingerprint, vector });
      else if (vector !== undefined) {
        failed.push({ job, fingerprint, reason: vector.code, message: vector.message, final: false });
      }
    });
    return { embedded, failed };
  } catch (error) {
    return { embedded: [], failed: [], error };
  }
}
