import { EnvError, makeExactValidator } from 'envalid';
import { readCertificates } from './certificates.js';
import { readTextFile } from './secret.js';

/**
 * A PostgreSQL URL as `pg` takes it. SQLAlchemy's `postgresql+psycopg2://` loses its driver, so that the variable can
 * be shared with the API. The value is never repeated in an error: it holds a password.
 */
export const databaseUrl = makeExactValidator<string>((input) => {
  const normalised = input.trim().replace(/^(postgres(?:ql)?)\+[a-z0-9_]+:\/\//i, '$1://');
  if (!/^postgres(ql)?:\/\//i.test(normalised)) {
    throw new EnvError('is not a PostgreSQL URL: it must begin with postgresql://');
  }
  if (!URL.canParse(normalised)) {
    throw new EnvError(
      'is not a URL: give postgresql://user:password@host:5432/name, with special characters in the password percent-encoded',
    );
  }
  requireNoPasswordInPath(normalised);
  const url = withVerification(normalised);
  const parameters = new URL(url).searchParams;
  if (parameters.has('uselibpqcompat')) {
    throw new EnvError('uselibpqcompat would accept certificates unchecked: take it out, and give sslmode=verify-full');
  }
  const [ca, ...others] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => parameters.get(name));
  if (ca != null) readCertificates(ca);
  for (const path of others) if (path != null) readTextFile(path);
  return url;
});

/**
 * Modes of libpq that encrypt but check less are taken for `verify-full`. pg 8 takes them so as well, with a warning; pg 9
 * will check as little as libpq does, and no update shall do that unseen. asyncpg calls the parameter `ssl`.
 */
function withVerification(url: string): string {
  return url
    .replace(/([?&])ssl(?:mode)?=(?:prefer|require|verify-ca|verify-full)(?=&|$)/g, '$1sslmode=verify-full')
    .replace(/([?&])ssl=disable(?=&|$)/g, '$1sslmode=disable');
}

/** Whether any certificate is accepted under this URL, as only `no-verify` does. `PGSSLMODE` is pg's default. */
export function acceptsAnyCertificate(url: string, defaultMode: string | undefined): boolean {
  const parameters = new URL(url).searchParams;
  const mode = parameters.get('sslmode') ?? parameters.get('ssl');
  return (mode ?? (parameters.has('sslrootcert') ? undefined : defaultMode)) === 'no-verify';
}

/** An http or https URL without its trailing slash. Credentials in it are never repeated in an error. */
export const httpUrl = makeExactValidator<string>(readHttpUrl);

function readHttpUrl(input: string): string {
  const value = input.trim();
  if (!URL.canParse(value)) throw new EnvError(`"${withoutCredentials(value)}" is not a URL`);
  const { protocol } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new EnvError(`"${withoutCredentials(value)}" is not an http:// or https:// URL`);
  }
  requireNoPasswordInPath(value);
  requireDecodable(value);
  return value.replace(/\/+$/, '');
}

/**
 * The base of an API like OpenAI's, given with or without its version, or as the whole address of the embeddings: as
 * `/v1`, unless its path holds another version, such as `/api/v3` or `/v1beta/openai`.
 */
export const apiUrl = makeExactValidator<string>((input) => {
  const url = new URL(readHttpUrl(input));
  if (url.search !== '' || url.hash !== '') throw new EnvError('holds more than an address: leave out "?" and "#"');
  const path = url.pathname.replace(/\/+$/, '').replace(/\/embeddings$/, '');
  url.pathname = /\/v\d\w*(\/|$)/.test(path) ? path : `${path}/v1`;
  return url.href;
});

/** A URL as it may be shown, whatever is wrong with it. */
export function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/**
 * In a URL whose password holds a bare `/`, `?` or `#`, the password ends up in what is taken for host and path, which
 * errors and logs name.
 */
function requireNoPasswordInPath(value: string): void {
  const { pathname, search, hash, username, password } = new URL(value);
  const rest = username === '' && password === '' ? pathname + search + hash : pathname + hash;
  if (!rest.includes('@')) return;
  throw new EnvError('holds an @ behind the host: percent-encode special characters of the password, such as / as %2F');
}

/** A `%` that encodes nothing is let stand in a URL, and cannot be read by who wants the password itself. */
function requireDecodable(value: string): void {
  const { username, password } = new URL(value);
  try {
    decodeURIComponent(username + password);
  } catch {
    throw new EnvError('holds a % that encodes nothing: in a user or password, write it as %25');
  }
}
