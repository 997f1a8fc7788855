import type { ServerAddress } from './json-client.js';

/** Shorter ones would be found in words that have nothing to do with them. */
const SHORTEST = 4;
/** So many characters in a row that a text holds as well are a part of it. */
const PART = 16;
/** Whatever both hold of that length holds one of the text's pieces, cut at every eighth character. */
const PIECE = PART / 2;
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
  return withoutParts(redacted.slice(0, LONGEST_READ), inputs);
}

/** Looks at a text once, however long: it may be megabytes, and what is refused is mostly long. */
function withoutParts(message: string, inputs: readonly string[]): string {
  const places = new Map<string, number[]>();
  for (let at = 0; at + PIECE <= message.length; at++) {
    const piece = message.slice(at, at + PIECE);
    places.set(piece, [...(places.get(piece) ?? []), at]);
  }
  const isPart = new Uint8Array(message.length);
  for (const input of inputs) {
    for (let at = 0; at + PIECE <= input.length; at += PIECE) {
      const piece = input.slice(at, at + PIECE);
      const open = places.get(piece);
      if (open === undefined) continue;
      for (const place of open) {
        const [from, to] = isPart[place] === 1 ? [0, 0] : shared(message, place, input, at);
        if (to - from >= PART) isPart.fill(1, from, to);
      }
      // What is found is not looked for again: a text that repeats itself would cost seconds.
      places.set(
        piece,
        open.filter((place) => isPart[place] !== 1),
      );
    }
  }
  let kept = '';
  for (let at = 0; at < message.length; at++) {
    if (isPart[at] === 0) kept += message[at] ?? '';
    else if (isPart[at - 1] !== 1) kept += '[…]';
  }
  return kept;
}

/** @returns where in the message begins and ends what it has in common with the input around a piece of both */
function shared(message: string, place: number, input: string, at: number): [number, number] {
  let before = 0;
  while (place > before && at > before && message[place - before - 1] === input[at - before - 1]) before++;
  let after = PIECE;
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
