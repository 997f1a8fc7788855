/**
 * Control characters, of which terminals obey some (C0, DEL, C1), line separators, and what reorders or hides text
 * (Unicode Standard Annex 9). The joiners within words and emoji are none of them.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
export const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Those characters as JSON escapes them, so that what is JSON stays the same value: ESC is `\\u001b`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}
