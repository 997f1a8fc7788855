import type { ContextKind } from './settings.js';

/** Where a block is in its note. */
export interface Place {
  /** `block_type` */
  readonly type: string;
  readonly title: string;
  /** The texts of the headings above it, from the highest level down. */
  readonly headingsAbove: readonly string[];
}

/** What the API's tables say about a block besides its text; null if nothing of it is embedded with the text. */
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
