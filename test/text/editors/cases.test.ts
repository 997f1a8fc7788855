import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { blockText } from '../../../src/text/block-text.js';

interface Case {
  readonly name: string;
  readonly editor: string;
  readonly type: string;
  readonly column: 'text' | 'json' | 'jsonb';
  readonly title: string;
  readonly content: unknown;
  readonly text?: string | null;
  readonly anyOf?: readonly string[];
  readonly why: string;
}

const CASES = ['cases.json', 'own-cases.json'].flatMap(
  (file) => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as readonly Case[],
);

/** Postgres prints the keys of a jsonb object by length, then by bytes. */
function inJsonbOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inJsonbOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(
    ([a], [b]) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return Object.fromEntries(entries.map(([key, child]) => [key, inJsonbOrder(child)]));
}

function columnText({ column, content }: Case): string {
  if (column === 'text') return String(content);
  return JSON.stringify(column === 'jsonb' ? inJsonbOrder(content) : content);
}

describe.each(Object.entries(Object.groupBy(CASES, ({ editor }) => editor)))('%s', (_editor, cases = []) => {
  test.each(cases.map((each) => [`${each.name}: ${each.why}`, each] as const))('%s', (_name, each) => {
    const text = blockText({
      type: each.type,
      content: columnText(each),
      contentFormat: each.column === 'text' ? 'text' : 'json',
      noteTitle: each.title,
    });
    if (each.anyOf) expect(each.anyOf).toContain(text);
    else expect(text).toBe(each.text);
  });
});
