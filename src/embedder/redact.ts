import type { ServerAddress } from './json-client.js';

/** Shorter ones would be found in words that have nothing to do with them. */
const SHORTEST = 4;

/**
 * What a server said, without what it must not repeat. Proxies are known to quote the key they refuse, and validators the
 * input.
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
  return redacted;
}

/** All forms in which what lets us into a server may be quoted. */
export function credentialsOf({ url, token }: Pick<ServerAddress, 'url' | 'token'>): string[] {
  const { username, password } = new URL(url);
  const bearer = token === undefined ? [] : [token()];
  if (password === '') return bearer;
  const plain = decodeURIComponent(password);
  return [...bearer, password, plain, Buffer.from(`${decodeURIComponent(username)}:${plain}`).toString('base64')];
}
