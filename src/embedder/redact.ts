import type { ServerAddress } from './json-client.js';
import { lettersOf, spelledLetters, type SpelledLetters } from './spelled-letters.js';

/** Shorter ones would be found in words that have nothing to do with them. */
const SHORTEST = 4;
/** So many characters in a row that a text holds as well are a part of it. */
const PART = 16;
/** The same of letters and digits alone, as the text may be spelled otherwise. */
const LETTERS_OF_PART = 12;
const MOST_BY_CHANCE = 4;
/** No server says more that is worth reading. */
const LONGEST_READ = 1_000;

/**
 * What a server said, without what it must not repeat. Proxies are known to quote the key they refuse, and validators the
 * input, in whole or around what they do not like.
 *
 * @param credentials what was sent to be let in
 * @param inputs the texts that were sent
 */
export function redact(message: string, credentials: readonly string[], inputs: readonly string[]): string {
  let redacted = message;
  for (const [secrets, shown] of [
    [credentials, '***'],
    [inputs, '[the text]'],
  ] as const) {
    for (const secret of secrets) {
      if (secret.length < SHORTEST) continue;
      redacted = redacted.replaceAll(secret, shown).replaceAll(JSON.stringify(secret).slice(1, -1), shown);
    }
  }
  return withoutParts(withoutMasked(redacted.slice(0, LONGEST_READ), credentials), inputs);
}

/** Without what is left of a key in whose middle stars or dots were put. */
function withoutMasked(message: string, credentials: readonly string[]): string {
  return message.replace(/([\w-]*)(?:\*{2,}|\.{2,}|…)([\w-]*)/g, (masked, begin: string, end: string) => {
    const isOf = (secret: string) => secret.startsWith(begin) && secret.endsWith(end);
    return begin.length + end.length >= SHORTEST && credentials.some(isOf) ? '***' : masked;
  });
}

function withoutParts(message: string, inputs: readonly string[]): string {
  const isPart = partsOf(message, inputs, PART);
  const letters = spelledLetters(message);
  const isOfPart = partsOf(letters.text, inputs.map(lettersOf), LETTERS_OF_PART);
  for (let at = 0; at < isOfPart.length; at++) {
    if (isOfPart[at] === 0) continue;
    const end = isOfPart.indexOf(0, at);
    const [first, behind] = withoutChance(letters, at, end === -1 ? isOfPart.length : end);
    isPart.fill(1, letters.from[first], letters.to[behind - 1]);
    at = behind;
  }
  let kept = '';
  for (let at = 0; at < message.length; at++) {
    if (isPart[at] === 0) kept += message[at] ?? '';
    else if (isPart[at - 1] !== 1) kept += '[…]';
  }
  return kept;
}

/** Of a word that is not wholly of a part, a few letters are the same by chance. @returns the first letter, and behind the last */
function withoutChance({ from, to }: SpelledLetters, first: number, behind: number): [number, number] {
  const isWithinWord = (at: number) => at > 0 && from[at] === to[at - 1];
  let begin = first;
  while (begin < first + MOST_BY_CHANCE && isWithinWord(begin)) begin++;
  let end = behind;
  while (end > behind - MOST_BY_CHANCE && isWithinWord(end)) end--;
  return [isWithinWord(begin) ? first : begin, isWithinWord(end) ? behind : end];
}

/**
 * Looks at a text once, however long: it may be megabytes, and what is refused is mostly long.
 *
 * @param length from which what both have in common is a part
 * @returns for each character of the message 1 where it belongs to a part of an input
 */
function partsOf(message: string, inputs: readonly string[], length: number): Uint8Array {
  // Whatever both hold of that length holds one of the text's pieces.
  const pieceLength = length / 2;
  const places = new Map<string, number[]>();
  for (let at = 0; at + pieceLength <= message.length; at++) {
    const piece = message.slice(at, at + pieceLength);
    places.set(piece, [...(places.get(piece) ?? []), at]);
  }
  const isPart = new Uint8Array(message.length);
  for (const input of inputs) {
    for (let at = 0; at + pieceLength <= input.length; at += pieceLength) {
      const piece = input.slice(at, at + pieceLength);
      const open = places.get(piece);
      if (open === undefined) continue;
      for (const place of open) {
        const [from, to] = isPart[place] === 1 ? [0, 0] : shared(message, place, input, at, pieceLength);
        if (to - from >= length) isPart.fill(1, from, to);
      }
      // What is found is not looked for again: a text that repeats itself would cost seconds.
      places.set(
        piece,
        open.filter((place) => isPart[place] !== 1),
      );
    }
  }
  return isPart;
}

/** @returns where in the message begins and ends what it has in common with the input around a piece of both */
function shared(message: string, place: number, input: string, at: number, length: number): [number, number] {
  let before = 0;
  while (place > before && at > before && message[place - before - 1] === input[at - before - 1]) before++;
  let after = length;
  while (place + after < message.length && at + after < input.length && message[place + after] === input[at + after])
    after++;
  return [place - before, place + after];
}

/** All forms in which what lets us into a server, or through a proxy, may be quoted. */
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
