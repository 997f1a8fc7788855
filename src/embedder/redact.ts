import type { ServerAddress } from './json-client.js';
import { lettersOf, locateLetters, type LocatedLetters } from './letters.js';

/** Shorter secrets also occur by chance in unrelated words. */
const MIN_LENGTH = 4;
/** A message quotes a text if they share this many characters in a row. */
const MIN_QUOTE = 16;
/** The same for letters and digits alone, because the text may be escaped differently. */
const MIN_QUOTED_LETTERS = 12;
/** Letters that a word at either end of a quotation may share with the text by chance. */
const MAX_CHANCE_LETTERS = 4;
/** The rest of a message is never worth reading. */
const MAX_MESSAGE_LENGTH = 1_000;

/**
 * Removes secrets and texts from a server's message. Some proxies quote the key that they refuse, and some validators the
 * input: all of it, or the part that they reject.
 *
 * @param credentials that were sent
 * @param inputs the texts that were sent
 */
export function redact(message: string, credentials: readonly string[], inputs: readonly string[]): string {
  let redacted = message;
  for (const [secrets, shown] of [
    [credentials, '***'],
    [inputs, '[the text]'],
  ] as const) {
    for (const secret of secrets) {
      if (secret.length < MIN_LENGTH) continue;
      redacted = redacted.replaceAll(secret, shown).replaceAll(JSON.stringify(secret).slice(1, -1), shown);
    }
  }
  return withoutQuotations(withoutMaskedKeys(redacted.slice(0, MAX_MESSAGE_LENGTH), credentials), inputs);
}

/** Removes both ends of a key whose middle is replaced by stars or dots. */
function withoutMaskedKeys(message: string, credentials: readonly string[]): string {
  return message.replace(/([\w-]*)(?:\*{2,}|\.{2,}|…)([\w-]*)/g, (masked, begin: string, end: string) => {
    const matches = (secret: string) => secret.startsWith(begin) && secret.endsWith(end);
    return begin.length + end.length >= MIN_LENGTH && credentials.some(matches) ? '***' : masked;
  });
}

function withoutQuotations(message: string, inputs: readonly string[]): string {
  const isQuoted = quotations(message, inputs, MIN_QUOTE);
  const letters = locateLetters(message);
  const isQuotedLetter = quotations(letters.text, inputs.map(lettersOf), MIN_QUOTED_LETTERS);
  for (let at = 0; at < isQuotedLetter.length; at++) {
    if (isQuotedLetter[at] === 0) continue;
    const end = isQuotedLetter.indexOf(0, at);
    const [first, behind] = withoutChance(letters, at, end === -1 ? isQuotedLetter.length : end);
    isQuoted.fill(1, letters.from[first], letters.to[behind - 1]);
    at = behind;
  }
  let kept = '';
  for (let at = 0; at < message.length; at++) {
    if (isQuoted[at] === 0) kept += message[at] ?? '';
    else if (isQuoted[at - 1] !== 1) kept += '[…]';
  }
  return kept;
}

/**
 * Leaves out the few letters that a word at either end shares with the text by chance.
 *
 * @returns the index of the first letter, and the one after the last
 */
function withoutChance({ from, to }: LocatedLetters, first: number, behind: number): [number, number] {
  const isWithinWord = (at: number) => at > 0 && from[at] === to[at - 1];
  let begin = first;
  while (begin < first + MAX_CHANCE_LETTERS && isWithinWord(begin)) begin++;
  let end = behind;
  while (end > behind - MAX_CHANCE_LETTERS && isWithinWord(end)) end--;
  return [isWithinWord(begin) ? first : begin, isWithinWord(end) ? behind : end];
}

/**
 * Finds the quotations in a message. Reads each input once: rejected texts are mostly long, up to megabytes.
 *
 * @param length the minimum length of a quotation
 * @returns for each character of the message 1 if it belongs to a quotation, else 0
 */
function quotations(message: string, inputs: readonly string[], length: number): Uint8Array {
  // The input is cut into pieces of half that length, so every quotation contains a whole piece.
  const pieceLength = length / 2;
  const places = new Map<string, number[]>();
  for (let at = 0; at + pieceLength <= message.length; at++) {
    const piece = message.slice(at, at + pieceLength);
    places.set(piece, [...(places.get(piece) ?? []), at]);
  }
  const isQuoted = new Uint8Array(message.length);
  for (const input of inputs) {
    for (let at = 0; at + pieceLength <= input.length; at += pieceLength) {
      const piece = input.slice(at, at + pieceLength);
      const open = places.get(piece);
      if (open === undefined) continue;
      for (const place of open) {
        const [from, to] = isQuoted[place] === 1 ? [0, 0] : extend(message, place, input, at, pieceLength);
        if (to - from >= length) isQuoted.fill(1, from, to);
      }
      // Not searched for again: a text that repeats itself would take seconds.
      places.set(
        piece,
        open.filter((place) => isQuoted[place] !== 1),
      );
    }
  }
  return isQuoted;
}

/** Extends a common piece as far as message and input agree. @returns its begin and end in the message */
function extend(message: string, place: number, input: string, at: number, length: number): [number, number] {
  let before = 0;
  while (place > before && at > before && message[place - before - 1] === input[at - before - 1]) before++;
  let after = length;
  while (place + after < message.length && at + after < input.length && message[place + after] === input[at + after])
    after++;
  return [place - before, place + after];
}

/** The credentials for a server and its proxy, in every form in which they may be quoted. */
export function credentialsOf({ url, proxy, token }: Pick<ServerAddress, 'url' | 'proxy' | 'token'>): string[] {
  const bearer = token === undefined ? [] : [token()];
  return [...bearer, ...[url, proxy].flatMap((address) => (address === undefined ? [] : credentialsIn(address)))];
}

function credentialsIn(url: string): string[] {
  const { username, password } = new URL(url);
  if (password === '') return [];
  const plain = decodeURIComponent(password);
  return [password, plain, Buffer.from(`${decodeURIComponent(username)}:${plain}`).toString('base64')];
}
