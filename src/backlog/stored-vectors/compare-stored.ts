import type { Blocks } from '../../blocks/blocks.js';
import type { ClaimedBlock } from '../../blocks/claim.js';
import { BlockTexts } from '../../blocks/context/block-texts.js';
import type { EmbeddedBlock } from '../../blocks/sql/store.js';
import { Unanswered, type Embedder, type EmbedOptions } from '../../embedder/embedder.js';
import { TookTooLongError } from '../../embedder/errors.js';
import { LONG } from '../../embedder/text-embedder.js';
import type { TextInContext } from '../../embedder/text-in-context.js';
import type { Database } from '../../postgres/database.js';
import type { Comparison } from './comparison.js';

/** Text that is held at once, in bytes: as much as a worker holds. */
const TEXT_BUDGET_BYTES = 8 * 1024 * 1024;

export interface CompareContext {
  readonly database: Database;
  readonly blocks: Blocks;
  readonly embedder: Embedder;
}

/** If the signal's reason is a TookTooLongError, blocks that the model has not embedded by then count as `not embedded`. */
export interface CompareOptions extends EmbedOptions {
  /** Whether to embed, in parts, texts longer than the model's context, which may take long. */
  readonly embedsLong: boolean;
  /** Runs a statement that only reads, and may repeat it. */
  readonly attempt: <T>(statement: () => Promise<T>) => Promise<T>;
}

/** A block's text as a worker would embed it now; null if it would skip the block. */
interface ReadText {
  readonly block: ClaimedBlock;
  readonly text: TextInContext | null;
}

/**
 * Embeds completed blocks as a worker would, and compares the vectors with what is stored. Blocks that are not completed, or
 * are edited meanwhile, are left out: their vectors are about to be replaced.
 *
 * @param ids different ones; as many as a worker would embed in one request
 * @throws the embedder's errors: none is a text's fault
 */
export async function compareStored(
  context: CompareContext,
  ids: readonly string[],
  options: CompareOptions,
): Promise<Comparison[]> {
  const { blocks } = context;
  const comparisons: Comparison[] = [];
  for (let open = ids; open.length > 0;) {
    if (!(options.signal.reason instanceof TookTooLongError)) options.signal.throwIfAborted();
    const ofRound = open;
    const { read, deferred } = await options.attempt(() => blocks.readCompleted(ofRound, TEXT_BUDGET_BYTES));
    comparisons.push(...(await compareRead(context, read, options)));
    open = deferred;
  }
  return comparisons;
}

async function compareRead(
  { database, blocks, embedder }: CompareContext,
  read: readonly ClaimedBlock[],
  options: CompareOptions,
): Promise<Comparison[]> {
  const blockTexts = new BlockTexts(blocks.table);
  const texts = read.map((block): ReadText => ({ block, text: blockTexts.of(block) }));
  const empty = texts.filter(({ text }) => text === null).map(({ block }) => block);
  const vectors = await embedTexts(embedder, texts, options);
  const cosines = await options.attempt(() => blocks.compare([...vectors.values()]));
  const stillEmpty = await options.attempt(() => blocks.unchanged(database, empty, 'completed'));
  const cosineOf = new Map(cosines.map(({ id, cosine }) => [id, cosine]));
  const isEmpty = new Set(stillEmpty);
  return texts.flatMap(({ block: { id, type, fingerprint }, text }): Comparison[] => {
    const common = { id, type, fingerprint, cosine: null };
    if (text === null) return isEmpty.has(id) ? [{ ...common, result: 'no text' }] : [];
    if (!vectors.has(id)) return [{ ...common, result: 'not embedded' }];
    const cosine = cosineOf.get(id);
    if (cosine === undefined) return [];
    return [cosine === null ? { ...common, result: 'no vector' } : { ...common, result: 'compared', cosine }];
  });
}

/** @returns the vectors by block; those that the model does not embed are missing */
async function embedTexts(
  embedder: Embedder,
  read: readonly ReadText[],
  options: CompareOptions,
): Promise<Map<string, EmbeddedBlock>> {
  const vectors = new Map<string, EmbeddedBlock>();
  const texts = read.flatMap(({ block, text }) => (text === null ? [] : [{ block, text }]));
  if (texts.length === 0) return vectors;
  const keep = ({ id, fingerprint }: ClaimedBlock, result: unknown) => {
    if (result instanceof Float32Array) vectors.set(id, { id, fingerprint, vector: result });
  };
  const sent = texts.map(({ text }) => text);
  const results = await inTime(() => embedder.embed(sent, options));
  if (results === undefined) return vectors;
  texts.forEach(({ block }, i) => {
    keep(block, results[i]);
  });
  for (const [i, { block, text }] of texts.entries()) {
    const result = results[i];
    if (result instanceof Unanswered && !(result.reason instanceof TookTooLongError)) throw result.reason;
    if (result === LONG && options.embedsLong) keep(block, await inTime(() => embedder.embedLong(text, options)));
  }
  return vectors;
}

/** @returns undefined if it took too long */
async function inTime<T>(embed: () => Promise<T>): Promise<T | undefined> {
  try {
    return await embed();
  } catch (error) {
    if (error instanceof TookTooLongError) return undefined;
    throw error;
  }
}
