import { composed, oneLine, visible } from './characters.js';
import { codeText } from './code.js';
import { JsonReader } from './json.js';
import { withBrokenRuns } from './long-runs.js';
import { MarkupReader } from './markup.js';
import { TextWriter } from './text-writer.js';

export interface BlockSource {
  /** block_type: paragraph | heading | list | table | code | mermaid | anything else */
  readonly type: string;
  /** The column's value as Postgres prints it (content::text); null when SQL NULL. */
  readonly content: string | null;
  /**
   * The column's type: with 'json' (json or jsonb) `content` is JSON text; with 'text' it may hold plain text,
   * Markdown, HTML, or a JSON object or array as text.
   */
  readonly contentFormat: 'text' | 'json';
  /** Title of the block's note, used by headings only; null if the note is unknown. */
  readonly noteTitle: string | null;
}

/**
 * Takes time linear in the content, with no await: 0.1 ms for a usual block; for a megabyte, measured here, 5 to 20
 * ms of plain text or code, 40 of CJK, 60 to 90 of HTML, 40 to 150 of JSON, 250 to 600 of Markdown, and at most 700
 * in some 200 hostile inputs.
 *
 * @returns the text to embed, or null when the block holds none (→ skipped). Never throws.
 */
export function blockText({ type, content, contentFormat, noteTitle }: BlockSource): string | null {
  if (content === null || type === 'mermaid') return null;
  let text: string;
  try {
    text = contentText(type, content, contentFormat);
  } catch {
    text = plainText(content);
  }
  if (text === '') return null;
  return withBrokenRuns(type === 'heading' ? headingText(text, noteTitle ?? '') : text);
}

function headingText(text: string, noteTitle: string): string {
  const heading = oneLine(text);
  const title = oneLine(composed(visible(noteTitle)));
  return title ? `${title} > ${heading}` : heading;
}

function contentText(type: string, content: string, format: 'text' | 'json'): string {
  const json = format === 'json' || looksLikeJson(content) ? parsed(content) : undefined;
  if (type === 'code') return codeText(content, json, format);
  // An API may have stored its object in a jsonb column as a string.
  if (typeof json === 'string' && looksLikeJson(json)) return contentText(type, json, 'text');
  const out = new TextWriter();
  const markup = new MarkupReader(out);
  if (json === undefined) markup.block(content);
  else new JsonReader(type, markup, out).block(json);
  return composed(out.end());
}

/** The content as it is, for what a mistake of ours may one day throw: 5,000,000 random blocks found none. */
function plainText(content: string): string {
  const out = new TextWriter();
  out.lines(content);
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
