/** What every server that works embeds without fail. */
export const KNOWN_GOOD_TEXT = 'The quick brown fox jumps over the lazy dog.';
