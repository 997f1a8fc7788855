import { oneLine, removeInvisible, toNfc } from '../base/characters.js';
import { readCode } from './read-code.js';
import { PLATFORM } from './editors.js';
import { editorOf } from './find-editor.js';
import { isObject, jsonIn } from './json-fields.js';
import { JsonReader } from './json-reader.js';
import { breakLongRuns } from './long-runs.js';
import { MarkupReader } from './markup-reader.js';
import type { TreeNode } from './tree.js';
import { TreeBuilder } from './tree-builder.js';
import { writeCode, writeTree } from './write-tree.js';

export interface BlockSource {
  /** block_type: paragraph | heading | list | table | code | mermaid | anything else */
  readonly type: string;
  /** The column's value as Postgres prints it (content::text); null when SQL NULL. */
  readonly content: string | null;
  /** `json` (of a column of json or jsonb): JSON. `text`: plain text, Markdown, HTML, or a JSON object or array as text. */
  readonly contentFormat: 'text' | 'json';
  /** The note's title, used for headings only; null if the note is unknown. */
  readonly noteTitle: string | null;
}

/**
 * Extracts the text of a block. Synchronous; takes time linear in the content: 0.1 ms for a usual block. A megabyte took from
 * 5 ms (plain text, code) and 90 (HTML) to 300 (JSON) and 600 (Markdown), and at most 700 in some 200 hostile inputs.
 *
 * @returns the text to embed, or null if the block has none (→ skipped). Never throws.
 */
export function blockText({ type, content, contentFormat, noteTitle }: BlockSource): string | null {
  if (content === null || type === 'mermaid') return null;
  let text: string;
  try {
    text = contentText(type, content, contentFormat);
  } catch {
    // A bug: the content as it is. 5,000,000 random blocks found none.
    text = writeTree([{ kind: 'paragraph', text: content }]);
  }
  if (text === '') return null;
  const title = oneLine(toNfc(removeInvisible(noteTitle ?? '')));
  return breakLongRuns(type === 'heading' ? [title, oneLine(text)].filter(Boolean).join(' > ') : text);
}

function contentText(type: string, content: string, format: 'text' | 'json'): string {
  if (type !== 'code') return writeTree(readContent(type, content, format).tree);
  const json = format === 'json' ? jsonIn(content, true) : jsonIn(content);
  // The API may have stored its object as a string in a jsonb column.
  if (typeof json === 'string' && jsonIn(json) !== undefined) return contentText(type, json, 'text');
  const values = [json, ...(format === 'json' && isObject(json) ? Object.values(json) : [])];
  const document = values.find((value) => editorOf(value) !== PLATFORM);
  const tree = document === undefined ? [] : treeOf(type, document);
  // An editor's JSON without code may be code itself, such as an example of it.
  return writeCode(tree.some(({ kind }) => kind === 'code') ? tree : [readCode(content, json, format)]);
}

/** @returns what a block that is not code holds; `json`: its value, if it is JSON */
export function readContent(type: string, content: string, format: 'text' | 'json') {
  let json = format === 'json' ? jsonIn(content, true) : jsonIn(content);
  if (typeof json === 'string') json = jsonIn(json) ?? json;
  return { json, tree: treeOf(type, json === undefined ? content : json) };
}

function treeOf(type: string, value: unknown): readonly TreeNode[] {
  const out = new TreeBuilder();
  new JsonReader(type, new MarkupReader(out), out).block(value);
  return out.end();
}
