/** UTF-8 bytes per token: rough, but cheap and the same for every language. */
const BYTES_PER_TOKEN = 4;

/** How many tokens the stand-in counts for a text. Tests use it to make a text that is just too long. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The longest beginning of a text with at most `tokens` tokens, without cutting a character. */
export function cutToTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text);
  const end = tokens * BYTES_PER_TOKEN;
  if (bytes.length <= end) return text;
  // With `stream`, the decoder withholds an incomplete character.
  return new TextDecoder().decode(bytes.subarray(0, end), { stream: true });
}
