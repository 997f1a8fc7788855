/** UTF-8 bytes per token; rough for every language, but cheap and the same everywhere. */
const BYTES_PER_TOKEN = 4;

/** How many tokens the stand-in takes a text for. Exported for tests that want a text just too long. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The longest beginning of a text that has at most `tokens` tokens; no character is cut in two. */
export function cutToTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text);
  const end = tokens * BYTES_PER_TOKEN;
  if (bytes.length <= end) return text;
  // As a stream, the decoder holds an unfinished character back.
  return new TextDecoder().decode(bytes.subarray(0, end), { stream: true });
}
