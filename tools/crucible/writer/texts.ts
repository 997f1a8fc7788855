import type { Random } from '../random.js';
import { CONTEXT_TOKENS } from '../site/timing.js';

/** What the stand-in makes of a text. */
export type Nature =
  | 'good'
  /** Always refused: its block must end in `error`. */
  | 'poison'
  /** Crashes the model once and is good then. */
  | 'crash-once'
  /** Longer than the model's context. */
  | 'long'
  /** Nothing to embed. */
  | 'none';

export const BLOCK_TYPES = ['paragraph', 'heading', 'list', 'table', 'code'] as const;
export type BlockType = (typeof BLOCK_TYPES)[number] | 'mermaid';

export interface Text {
  readonly type: BlockType;
  /** JSON */
  readonly content: unknown;
  readonly nature: Nature;
  /** A word that no other text of the run holds. */
  readonly word: string;
}

/** Parts of texts by which the stand-in's rules know them. */
export const MARKS = { poison: 'POISON', nan: 'NOTANUMBER', crash: 'CRASHALWAYS', once: 'CRASHONCE' } as const;
const POISONS = [MARKS.poison, MARKS.nan, MARKS.crash] as const;

/** Whether the stand-in always refuses what this content holds. */
export function isRejectedByServer(content: string): boolean {
  return POISONS.some((mark) => content.includes(mark));
}

const WEIGHTS: readonly (readonly [number, Nature])[] = [
  [86, 'good'],
  [3, 'poison'],
  [3, 'crash-once'],
  [4, 'long'],
  [4, 'none'],
];

/** Makes texts that differ from all others of the run, so that a vector tells which text it came from. */
export class Texts {
  readonly #random: Random;
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random, prefix: string) {
    this.#random = random;
    this.#prefix = prefix;
  }

  word(): string {
    return `${this.#prefix}x${++this.#count}`;
  }

  any(type: BlockType = this.#random.pick(BLOCK_TYPES)): Text {
    return this.of(this.#random.weighted(WEIGHTS), type);
  }

  of(nature: Nature, type: BlockType): Text {
    const word = this.word();
    if (type === 'mermaid') return { type, content: `graph TD; ${word}-->b`, nature: 'none', word };
    if (nature === 'none') return { type, content: this.#random.pick(['', '   ', '\n']), nature, word };
    const content = shaped(type, this.#sentences(nature, word));
    return { type, content, nature, word };
  }

  #sentences(nature: Nature, word: string): string {
    const base = `Section ${word} says what it says.`;
    switch (nature) {
      case 'poison':
        return `${base} ${this.#random.pick(POISONS)}`;
      case 'crash-once':
        return `${base} ${MARKS.once}-${word}.`;
      case 'long': {
        const sentence = (i: number) => `Sentence ${i} of ${word} goes on for a while, as sentences do. `;
        return Array.from({ length: (CONTEXT_TOKENS * 4 * 3) / 50 }, (_, i) => sentence(i)).join('');
      }
      default:
        return base;
    }
  }
}

function shaped(type: BlockType, text: string): unknown {
  switch (type) {
    case 'list':
      return { items: [text, 'a second item'] };
    case 'table':
      return { headers: ['name', 'value'], rows: [[text, '1']] };
    case 'code':
      return { language: 'sql', code: `-- ${text}\nSELECT 1` };
    default:
      return text;
  }
}
