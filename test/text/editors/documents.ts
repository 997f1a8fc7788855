/** Documents that no editor knows yet, and their text: the encoders of `encoders.ts` turn them into each editor's JSON. */

export interface Item {
  readonly words: string;
  readonly isDone?: boolean;
  readonly children: readonly List[];
}

export interface List {
  readonly kind: 'list';
  readonly style: 'bullet' | 'ordered' | 'task';
  readonly items: readonly Item[];
}

export type Block =
  | { readonly kind: 'paragraph' | 'quote'; readonly words: string }
  | { readonly kind: 'heading'; readonly level: number; readonly words: string }
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'picture'; readonly words: string }
  | { readonly kind: 'rule' }
  | List;

export class Random {
  #state: number;
  #words = 0;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** @returns an integer from 0 to below `limit` (mulberry32) */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: from + this.below(to - from + 1) }, make);
  }

  /** Words that occur once in a document, some of which look like markup. */
  words(): string {
    return this.times(
      1,
      5,
      () => this.pick(['wort', 'Été', '__init__', '2*3*4', '<b>', '&amp;', '潮']) + `${this.#words++}`,
    ).join(' ');
  }
}

/** @param hasMixedLists whether a list may be within one of another style */
export function randomDocument(random: Random, kinds: readonly Block['kind'][], hasMixedLists: boolean): Block[] {
  return random.times(1, 6, () => randomBlock(random, random.pick(kinds), hasMixedLists));
}

function randomBlock(random: Random, kind: Block['kind'], hasMixedLists: boolean): Block {
  const words = random.words();
  if (kind === 'heading') return { kind, level: 1 + random.below(3), words };
  if (kind === 'list') return randomList(random, 2, hasMixedLists);
  if (kind === 'rule') return { kind };
  if (kind === 'code') return { kind, language: '', lines: random.times(1, 3, () => random.words()) };
  if (kind !== 'table') return { kind, words };
  const columns = 1 + random.below(3);
  return { kind, rows: random.times(2, 4, () => Array.from({ length: columns }, () => random.words())) };
}

function randomList(random: Random, depth: number, hasMixedLists: boolean, outer?: List['style']): List {
  const style = outer !== undefined && !hasMixedLists ? outer : random.pick(['bullet', 'ordered', 'task'] as const);
  const items = random.times(1, 3, (): Item => {
    const children = depth > 0 && random.below(3) === 0 ? [randomList(random, depth - 1, hasMixedLists, style)] : [];
    const item = { words: random.words(), children };
    return style === 'task' ? { ...item, isDone: random.below(2) === 0 } : item;
  });
  return { kind: 'list', style, items };
}

/** @returns the text of a document whose tables have a header row */
export function textOf(document: readonly Block[]): string {
  return document.flatMap(linesOf).join('\n');
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case 'rule':
      return [];
    case 'code':
      return [...block.lines];
    case 'list':
      return listLines(block, '');
    case 'table': {
      const [header = [], ...rows] = block.rows;
      return rows.map((row) => row.map((cell, index) => `${header[index] ?? ''}: ${cell}`).join('; '));
    }
    default:
      return [block.words];
  }
}

function listLines({ style, items }: List, indent: string): string[] {
  return items.flatMap(({ words, isDone, children }, index) => {
    const mark = style === 'ordered' ? `${index + 1}. ` : isDone === undefined ? '' : isDone ? '[x] ' : '[ ] ';
    return [`${indent}${mark}${words}`, ...children.flatMap((list) => listLines(list, `${indent}  `))];
  });
}
