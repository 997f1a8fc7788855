import { oneLine, removeInvisible, toNfc } from '../base/characters.js';
import { removeFiles } from './embedded-data.js';
import { TableWriter } from './table-writer.js';
import type { Item, TreeNode } from './tree.js';

/** Deeper items are not indented further: 100,000 nested lists would become 10 GB of spaces. */
const MAX_INDENT_LEVELS = 10;

/**
 * Writes the text of a tree: one line per paragraph, list item and table row. Words are separated by one space; no line is
 * empty or ends in a space.
 */
export function writeTree(tree: readonly TreeNode[]): string {
  const writer = new TreeWriter();
  writer.nodes(tree);
  return toNfc(writer.lines.join('\n'));
}

/** Writes a block that is code: its language on a line of its own, if there is one, then the code unchanged. */
export function writeCode(tree: readonly TreeNode[]): string {
  const texts = tree.map((node) => {
    if (node.kind !== 'code') return writeTree([node]);
    const code = toNfc(clean(node.text).replace(/^(?:[ \t]*\n)+/, '')).trimEnd();
    const language = toNfc(oneLine(removeInvisible(node.language)));
    return language && code ? `${language}\n${code}` : code;
  });
  return texts.filter(Boolean).join('\n');
}

const clean = (text: string): string => removeFiles(removeInvisible(text));

class TreeWriter {
  readonly lines: string[] = [];
  readonly #tables = new TableWriter();

  nodes(nodes: readonly TreeNode[]): void {
    for (const node of nodes) {
      if (node.kind === 'list') this.#list(node.items, 0);
      else if (node.kind === 'table') this.#rows(node, 0);
      else for (const text of textsOf(node)) for (const line of clean(text).split('\n')) this.#line(line, 0);
    }
  }

  /** @returns whether there was a line to write */
  #line(text: string, level: number, mark = ''): boolean {
    const line = oneLine(text);
    const indent = this.lines.length === 0 ? 0 : Math.min(level, MAX_INDENT_LEVELS);
    if (line !== '') this.lines.push(`${'  '.repeat(indent)}${mark}${line}`);
    return line !== '';
  }

  #list(items: readonly Item[], level: number): void {
    for (const { number, isDone, content } of items) {
      const box = isDone === null ? '' : isDone ? '[x] ' : '[ ] ';
      let mark = number === null ? box : `${number}. ${box}`;
      let texts: string[] = [];
      for (const node of content) {
        if (node.kind !== 'list' && node.kind !== 'table') {
          texts.push(...textsOf(node));
          continue;
        }
        if (this.#line(clean(texts.join('\n')), level, mark) || node.kind === 'list') mark = '';
        texts = [];
        if (node.kind === 'list') this.#list(node.items, level + 1);
        else if (this.#rows(node, level, mark)) mark = '';
      }
      this.#line(clean(texts.join('\n')), level, mark);
    }
  }

  /** @param mark of the item that the table is in, for the first line */
  #rows({ rows }: Extract<TreeNode, { kind: 'table' }>, level: number, mark = ''): boolean {
    const cleaned = rows.map((row) => row.map((cell) => ({ ...cell, text: oneLine(clean(cell.text)) })));
    const lines = this.#tables.lines(cleaned).filter(Boolean);
    lines.forEach((line, index) => this.#line(line, level, index === 0 ? mark : ''));
    return lines.length > 0;
  }
}

function textsOf(node: Exclude<TreeNode, { kind: 'list' | 'table' }>): readonly string[] {
  return node.kind === 'picture' ? [node.alternative, node.caption] : [node.text];
}
