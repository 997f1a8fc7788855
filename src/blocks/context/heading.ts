import { blockText, readContent } from '../../text/block-text.js';
import { editorOf } from '../../text/find-editor.js';
import { isObject } from '../../text/json-fields.js';
import { levelOf } from '../../text/node-structure.js';
import type { BlocksTable } from '../table.js';

export interface Heading {
  /** From 1: `## Set-up` and `<h2>` have 2, JSON has it in a field or in the name of a type. 1 if the content does not say. */
  readonly level: number;
  /** On one line; empty if it has none. */
  readonly text: string;
}

/** Reads the content of a heading block, as Postgres prints it. Never throws. */
export function readHeading(content: string, contentFormat: BlocksTable['contentFormat']): Heading {
  const text = blockText({ type: 'heading', content, contentFormat, noteTitle: null }) ?? '';
  return { level: levelIn(content, contentFormat), text };
}

function levelIn(content: string, contentFormat: BlocksTable['contentFormat']): number {
  try {
    const { json, tree } = readContent('heading', content, contentFormat);
    const [first] = tree.flatMap((node) => (node.kind === 'paragraph' && node.level !== undefined ? [node.level] : []));
    return first ?? (isObject(json) ? levelOf(json, editorOf(json)) : 1);
  } catch {
    return 1; // a bug, as in `blockText`
  }
}
