import { composed, oneLine, visible } from './text/characters.js';
import { codeText } from './text/code.js';
import { JsonReader } from './text/json.js';
import { MarkupReader } from './text/markup.js';
import { TextWriter } from './text/text-writer.js';

export interface BlockSource {
  /** block_type: paragraph | heading | list | table | code | mermaid | anything else */
  readonly type: string;
  /** The column's value as Postgres prints it (content::text); null when SQL NULL. */
  readonly content: string | null;
  /**
   * The column's type: with 'json' (json or jsonb) `content` is JSON text; with 'text' it may hold plain text, Markdown,
   * HTML, or a JSON object or array as text.
   */
  readonly contentFormat: 'text' | 'json';
  /** Title of the block's note, used by headings only; null if the note is unknown. */
  readonly noteTitle: string | null;
}

/**
 * Time is linear in the content. Measured on 2 cores, in ms a megabyte: TODO
 *
 * @returns the text to embed, or null when the block holds none (→ skipped). Never throws.
 */
export function blockText(block: BlockSource): string | null {
  if (block.content === null || block.type === 'mermaid') return null;
  const text = contentText(block.type, block.content, block.contentFormat);
  if (text === '') return null;
  return block.type === 'heading' ? headingText(text, block.noteTitle ?? '') : text;
}

function headingText(text: string, noteTitle: string): string {
  const heading = oneLine(text);
  const title = oneLine(composed(visible(noteTitle)));
  return title ? `${title} > ${heading}` : heading;
}

function contentText(type: string, content: string, format: 'text' | 'json'): string {
  const json = format === 'json' || looksLikeJson(content) ? parsed(content) : undefined;
  if (type === 'code') return codeText(content, json, format);
  const out = new TextWriter();
  const markup = new MarkupReader(out);
  if (typeof json === 'string' && looksLikeJson(json)) return contentText(type, json, 'text');
  if (json === undefined) markup.block(content);
  else new JsonReader(type, markup, out).block(json);
  return composed(out.end());
}

function looksLikeJson(text: string): boolean {
  const trimmed = text.trim();
  return (trimmed.startsWith('{') && trimmed.endsWith('}')) || (trimmed.startsWith('[') && trimmed.endsWith(']'));
}

/** @returns undefined where the text is no JSON, or nests deeper than the parser's stack */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
