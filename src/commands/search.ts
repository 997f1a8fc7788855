import { embeddingServer } from '../config/embedding-server.js';
import { blockText } from '../text/block-text.js';
import { BlockTexts } from '../blocks/context/block-texts.js';
import { findHeadingsAbove } from '../blocks/sql/find-headings-above.js';
import { findNearest, type NearestBlock } from '../blocks/sql/find-nearest.js';
import type { BlocksTable } from '../blocks/table.js';
import { setIndexScanLimits } from '../blocks/sql/set-index-scan-limits.js';
import { embedOnce } from '../embedder/embed-once.js';
import { openProvider } from '../embedder/open-provider.js';
import { requireModel } from '../embedder/require-model.js';
import { withLongTimeout } from '../postgres/statement-timeout.js';
import { ConfigurationError } from '../base/errors.js';
import { withContext, type CommandContext } from './context.js';
import { requireText, requireWhole } from '../terminal/options.js';
import { outputWidth, printable, styled, writeJson, writeLines } from '../terminal/output.js';
import { cut, wrap } from '../terminal/table.js';

export interface SearchOptions {
  readonly text: readonly string[];
  readonly limit: number;
  readonly blockType?: string | undefined;
  /** Whether to show the headings above each block. */
  readonly context: boolean;
  readonly json: boolean;
}

const MAX_LIMIT = 100;
/** In columns of a terminal. */
const EXCERPT_WIDTH = 200;

/** Prints the blocks nearest in meaning to a text. */
export async function runSearch({ text, json, context: showsContext, ...options }: SearchOptions): Promise<void> {
  const limit = requireWhole('--limit', options.limit, 1, MAX_LIMIT);
  const blockType = requireText('--block-type', options.blockType);
  const query = text.join(' ').trim();
  if (query === '') throw new ConfigurationError('OPTION', 'search: give a text to search for');
  await withContext('search', async (context) => {
    const {
      database,
      blocks: { table },
    } = context;
    if (showsContext) requirePosition(table);
    const vector = await embedQuery(context, query);
    const found = await withLongTimeout(database, async (tx) => {
      await setIndexScanLimits(tx, limit);
      const nearest = await findNearest(tx, table, vector, limit, blockType ?? undefined);
      const ids = nearest.map(({ id }) => id);
      return { nearest, headings: showsContext ? await findHeadingsAbove(tx, table, ids) : undefined };
    });
    const blockTexts = new BlockTexts(table);
    const results = found.nearest.map((block): Result => {
      const headingsAbove = found.headings?.get(block.id);
      if (headingsAbove === undefined) return toResult(block, table);
      return { ...toResult(block, table), headings: blockTexts.path({ ...block, headingsAbove }) };
    });
    if (json) await writeJson({ model: context.config.model, results });
    else await writeLines(results.length === 0 ? [nothing(blockType)] : results.flatMap(toLines));
    return 0;
  });
}

function requirePosition({ position }: BlocksTable): void {
  if (position !== null) return;
  throw new ConfigurationError('OPTION', 'search --context needs the order of the blocks of a note', {
    fix: 'set PALDOCS_BLOCKS_POSITION_COLUMN to the column with it',
  });
}

/**
 * @returns number[dimensions]
 * @throws WorkerError that names the fault of the server, the model or the text
 */
async function embedQuery({ config, blocks: { table }, signal }: CommandContext, query: string): Promise<Float32Array> {
  const { model } = config;
  const provider = openProvider({ ...embeddingServer(config), connections: 1 });
  try {
    await requireModel(provider, model, table.dimensions, signal);
    const options = { provider, model, dimensions: table.dimensions, instruction: config.queryInstruction, signal };
    const [vector] = await embedOnce(options, [query]);
    if (vector === undefined) throw new RangeError('one text was embedded into no vector'); // embedOnce counts them
    return vector;
  } finally {
    provider.close();
  }
}

/** A block found, as `--json` prints it. */
interface Result {
  readonly id: string;
  readonly distance: number;
  readonly type: string;
  readonly noteId: string;
  readonly noteTitle: string | null;
  /** The beginning of its text, on one line. */
  readonly excerpt: string;
  /** The headings above it, from the highest level down, with `--context`. */
  readonly headings?: readonly string[];
}

function toResult({ id, noteId, noteTitle, type, content, distance }: NearestBlock, table: BlocksTable): Result {
  // Without the note's title, which the result has already.
  const text = blockText({ type, content, contentFormat: table.contentFormat, noteTitle: null }) ?? '';
  const excerpt = cut(printable(text.slice(0, EXCERPT_WIDTH * 20)), EXCERPT_WIDTH);
  return { id, distance: Number(distance.toFixed(6)), type, noteId, noteTitle, excerpt };
}

function toLines({ id, distance, type, noteTitle, excerpt, headings = [] }: Result): string[] {
  const note = [noteTitle ?? '(no note)', ...headings].map(printable).join(' > ');
  const where = [note, printable(type), `block ${printable(id)}`].join(' · ');
  return [
    `${styled('bold', distance.toFixed(4))}  ${where}`,
    ...wrap(excerpt, outputWidth() - 8).map((line) => `        ${styled('dim', line)}`),
  ];
}

function nothing(blockType: string | null): string {
  return blockType === null ? 'No block has a vector yet.' : `No block of type ${printable(blockType)} has a vector.`;
}
