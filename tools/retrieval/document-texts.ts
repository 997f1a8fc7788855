import { BlockTexts } from '../../src/blocks/context/block-texts.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import type { Block, Note } from './corpus.js';
import type { Setting } from './settings.js';

/** A block as it is sent to the model. */
export interface DocumentText {
  readonly id: string;
  readonly text: string;
}

/**
 * The texts that the worker would embed for the blocks of a note, in order. Blocks without text are left out: the worker
 * skips them.
 */
export function documentTexts(note: Note, setting: Setting): DocumentText[] {
  const instruction = setting.documents === 'instruction' ? DEFAULT_INSTRUCTION : '';
  const kind = setting.context === 'none' ? 'headings' : setting.context;
  const blockTexts = new BlockTexts({ context: kind, contentFormat: note.column });
  const headingsAbove: string[] = [];
  return note.blocks.flatMap((block) => {
    const { id, type, content } = block;
    const found = blockTexts.of({ type, content, noteTitle: note.title, headingsAbove });
    if (type === 'heading') headingsAbove.push(content);
    if (found === null) return [];
    const context = setting.context === 'none' ? '' : found.context;
    return [{ id, text: instruction + context + variantOf(found.text, block, setting) }];
  });
}

function variantOf(text: string, { pipes, language }: Block, { tables, code }: Setting): string {
  if (tables === 'pipes' && pipes !== undefined) return pipes;
  const firstLine = `${language ?? ''}\n`;
  return code === 'bare' && language !== undefined && text.startsWith(firstLine) ? text.slice(firstLine.length) : text;
}
