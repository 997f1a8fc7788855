import type { TextInContext } from '../../src/embedder/text-in-context.js';

/** Texts without context. */
export function bareTexts(texts: readonly string[]): TextInContext[] {
  return texts.map(bareText);
}

export function bareText(text: string): TextInContext {
  return { context: '', text };
}
