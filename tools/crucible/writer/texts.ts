import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import type { Random } from '../random.js';
import { CONTEXT_TOKENS } from '../testbed/timing.js';

/** How the stand-in treats a text. */
export type TextKind =
  | 'good'
  /** Always rejected: its block must end in `error`. */
  | 'poison'
  /** Crashes the model the first time. */
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
  readonly kind: TextKind;
  /** A word that no other text of the run contains. */
  readonly word: string;
}

/** Words that the stand-in's fault rules look for in a text. */
export const MARKS = { poison: 'POISON', nan: 'NOTANUMBER', crash: 'CRASHALWAYS', once: 'CRASHONCE' } as const;
const REJECTED = [MARKS.poison, MARKS.nan, MARKS.crash] as const;

/** Whether the stand-in always rejects this content. */
export function isRejectedByServer(content: string): boolean {
  return REJECTED.some((mark) => content.includes(mark));
}

const WEIGHTS: readonly (readonly [number, TextKind])[] = [
  [86, 'good'],
  [3, 'poison'],
  [3, 'crash-once'],
  [4, 'long'],
  [4, 'none'],
];

/** Makes texts that are unique within the run, so a vector identifies its text. */
export class Texts {
  readonly #random: Random;
  readonly #prefix: string;
  readonly #context: ContextKind;
  #count = 0;

  constructor(random: Random, prefix: string, context: ContextKind) {
    this.#random = random;
    this.#context = context;
    this.#prefix = prefix;
  }

  word(): string {
    return `${this.#prefix}x${++this.#count}`;
  }

  any(type: BlockType = this.#random.pick(BLOCK_TYPES)): Text {
    return this.of(this.#random.weighted(WEIGHTS), type);
  }

  of(kind: TextKind, type: BlockType): Text {
    // The text of a heading is embedded with all blocks below it, so it must not be at fault.
    if (this.#context === 'path' && type === 'heading' && kind !== 'none') return this.#heading();
    const word = this.word();
    if (type === 'mermaid') return { type, content: `graph TD; ${word}-->b`, kind: 'none', word };
    if (kind === 'none') return { type, content: this.#random.pick(['', '   ', '\n']), kind, word };
    const content = shaped(type, this.#sentences(kind, word));
    return { type, content, kind, word };
  }

  #heading(): Text {
    const word = this.word();
    const content = { level: this.#random.between(1, 3), text: `Heading ${word}` };
    return { type: 'heading', content, kind: 'good', word };
  }

  #sentences(kind: TextKind, word: string): string {
    const base = `Section ${word} says what it says.`;
    switch (kind) {
      case 'poison':
        return `${base} ${this.#random.pick(REJECTED)}`;
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
