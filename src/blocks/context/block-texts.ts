import { oneLine, removeInvisible, toNfc } from '../../base/characters.js';
import type { TextInContext } from '../../embedder/text-in-context.js';
import { blockText } from '../../text/block-text.js';
import { breakLongRuns } from '../../text/long-runs.js';
import type { BlocksTable } from '../table.js';
import { readHeading, type Heading } from './heading.js';

/** A block, and what its context is made from. */
export interface BlockInNote {
  readonly type: string;
  /** As Postgres prints it. */
  readonly content: string | null;
  readonly noteTitle: string | null;
  /** The contents of the headings above it in the note, whatever their level, in order. Only needed for paths. */
  readonly headingsAbove: readonly string[];
}

const SEPARATOR = ' > ';

/**
 * Makes the texts of blocks, each with its context. It reads each heading once, however many blocks are below it: create one
 * for a batch.
 */
export class BlockTexts {
  readonly #table: Pick<BlocksTable, 'context' | 'contentFormat'>;
  readonly #headings = new Map<string, Heading>();

  constructor(table: Pick<BlocksTable, 'context' | 'contentFormat'>) {
    this.#table = table;
  }

  /** @returns null if the block has no text, whatever its context */
  of(block: BlockInNote): TextInContext | null {
    const { type, content } = block;
    const text = blockText({ type, content, contentFormat: this.#table.contentFormat, noteTitle: null });
    if (text === null) return null;
    const context = breakLongRuns(this.#contextOf(block));
    return { context: context && context + (type === 'heading' ? SEPARATOR : '\n'), text };
  }

  /**
   * The headings that a block is below, from the highest level down: of each level the nearest one above the block, unless
   * one of a higher level is nearer. A heading is not below others of its own level. Headings without text are left out.
   */
  path({ type, content, headingsAbove }: Pick<BlockInNote, 'type' | 'content' | 'headingsAbove'>): string[] {
    const path: string[] = [];
    let level = type === 'heading' ? this.#heading(content ?? '').level : Infinity;
    for (let i = headingsAbove.length - 1; i >= 0 && level > 1; i -= 1) {
      const heading = this.#heading(headingsAbove[i] ?? '');
      if (heading.level >= level) continue;
      level = heading.level;
      if (heading.text !== '') path.unshift(heading.text);
    }
    return path;
  }

  #contextOf(block: BlockInNote): string {
    const title = oneLine(toNfc(removeInvisible(block.noteTitle ?? '')));
    switch (this.#table.context) {
      case 'headings':
        return block.type === 'heading' ? title : '';
      case 'title':
        return title;
      case 'path':
        return [title, ...this.path(block)].filter(Boolean).join(SEPARATOR);
    }
  }

  #heading(content: string): Heading {
    const known = this.#headings.get(content);
    if (known !== undefined) return known;
    const heading = readHeading(content, this.#table.contentFormat);
    this.#headings.set(content, heading);
    return heading;
  }
}
