import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { blockText } from '../../src/text/block-text.js';
import { contextOf } from './context.js';
import type { Block, Note } from './corpus.js';
import type { Setting } from './settings.js';

/** A block as it is sent to the model. */
export interface DocumentText {
  readonly id: string;
  readonly text: string;
}

interface Heading {
  readonly level: number;
  readonly text: string;
}

/**
 * The texts that the worker would embed for the blocks of a note, in order. Blocks without text are left out: the worker
 * skips them.
 */
export function documentTexts(note: Note, setting: Setting): DocumentText[] {
  const instruction = setting.documents === 'instruction' ? DEFAULT_INSTRUCTION : '';
  const texts: DocumentText[] = [];
  let above: readonly Heading[] = [];
  for (const block of note.blocks) {
    const { id, type, level } = block;
    if (level !== undefined) above = above.filter((heading) => heading.level < level);
    const place = { type, title: note.title, headingsAbove: above.map((heading) => heading.text) };
    const text = textInContext(note, block, contextOf(setting.context, place), setting);
    if (text !== null) texts.push({ id, text: instruction + text });
    if (level !== undefined) above = [...above, { level, text: workerText(note, block, null) ?? '' }];
  }
  return texts;
}

/** A heading follows its context on the same line, as the worker writes it; any other text is below it. */
function textInContext(note: Note, block: Block, context: string | null, setting: Setting): string | null {
  if (block.type === 'heading') return workerText(note, block, context);
  const text = workerText(note, block, null);
  if (text === null) return null;
  const variant = variantOf(text, block, setting);
  return context === null ? variant : `${context}\n${variant}`;
}

function workerText({ column }: Note, { type, content }: Block, noteTitle: string | null): string | null {
  return blockText({ type, content, contentFormat: column, noteTitle });
}

function variantOf(text: string, { pipes, language }: Block, { tables, code }: Setting): string {
  if (tables === 'pipes' && pipes !== undefined) return pipes;
  const firstLine = `${language ?? ''}\n`;
  return code === 'bare' && language !== undefined && text.startsWith(firstLine) ? text.slice(firstLine.length) : text;
}
