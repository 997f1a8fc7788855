import type { ContextKind } from './settings.js';

/** Where a block is in its note. */
export interface Place {
  /** `block_type` */
  readonly type: string;
  readonly title: string;
  /** The texts of the headings above it, from the highest level down. */
  readonly headingsAbove: readonly string[];
}

/**
 * The line of context that belongs to a block's text: its note's title, or the way to it (`Guide > Set-up > Linux`); null if
 * there is none.
 */
export function contextOf(kind: ContextKind, { type, title, headingsAbove }: Place): string | null {
  switch (kind) {
    case 'none':
      return null;
    case 'headings':
      return type === 'heading' ? title : null;
    case 'title':
      return title;
    case 'path':
      return [title, ...headingsAbove].join(' > ');
  }
}
