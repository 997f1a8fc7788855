/**
 * What of its note stands before a block's text: the title before headings only, the title before every block, or the title
 * and the headings above it.
 */
export const CONTEXT_KINDS = ['headings', 'title', 'path'] as const;

export type ContextKind = (typeof CONTEXT_KINDS)[number];
