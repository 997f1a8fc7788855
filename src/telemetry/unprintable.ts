/**
 * Control characters, some of which terminals act on (C0, DEL, C1), line separators, and characters that reorder or hide
 * text (Unicode Standard Annex 9). The joiners inside words and emoji are not included.
 */
// eslint-disable-next-line no-control-regex -- it matches control characters on purpose
export const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Escapes these characters as JSON does, which keeps the value of JSON text: ESC becomes `\\u001b`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}
