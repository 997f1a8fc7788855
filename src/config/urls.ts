import { EnvError, makeExactValidator } from 'envalid';
import { readAddress, tlsModeOf, type TlsMode } from '../postgres/address.js';
import { AddressError } from '../postgres/server-address.js';
import { ConfigurationError } from '../base/errors.js';
import { readCertificates } from './certificates.js';
import { readTextFile } from './secret.js';

/**
 * A PostgreSQL URL as libpq or SQLAlchemy writes it: `postgresql+psycopg2://` loses its driver, so that the variable can be
 * shared with the API. The value is never repeated in an error: it holds a password.
 */
export const databaseUrl = makeExactValidator<string>((input) => {
  const url = input.trim().replace(/^(postgres(?:ql)?)\+[a-z0-9_]+:\/\//i, '$1://');
  if (!/^postgres(ql)?:\/\//i.test(url)) {
    throw new EnvError('is not a PostgreSQL URL: it must begin with postgresql://');
  }
  const { files, parameters } = orEnvError(() => readAddress(url));
  if ('uselibpqcompat' in parameters) {
    throw new EnvError('uselibpqcompat would accept certificates unchecked: take it out, and give sslmode=verify-full');
  }
  if (files.ca !== undefined) readCertificates(files.ca);
  for (const path of [files.cert, files.key]) if (path !== undefined) readTextFile(path);
  return withOurModes(url);
});

/** The modes of TLS as `address.ts` reads them, for others that are given the URL and would read them otherwise. */
function withOurModes(url: string): string {
  return url.replace(
    /([?&])ssl(?:mode)?=(\w[\w-]*)(?=&|#|$)/g,
    (_, before: string, mode: string) => `${before}sslmode=${tlsModeOf(mode) ?? mode}`,
  );
}

/**
 * The URL with the mode that `PGSSLMODE` names, where it says nothing of TLS itself.
 *
 * @throws ConfigurationError where there is no such mode
 */
export function withDefaultTls(url: string, mode: string | undefined): string {
  if (mode === undefined || readAddress(url).tls !== undefined) return url;
  const tls = defaultModeOf(mode);
  const [address = '', fragment] = url.split('#');
  return `${address}${address.includes('?') ? '&' : '?'}sslmode=${tls ?? ''}${fragment === undefined ? '' : `#${fragment}`}`;
}

function defaultModeOf(mode: string): TlsMode {
  try {
    return tlsModeOf(mode);
  } catch (error) {
    if (error instanceof AddressError) throw new ConfigurationError('CONFIGURATION', `PGSSLMODE: ${error.message}`);
    throw error;
  }
}

function orEnvError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AddressError) throw new EnvError(error.message);
    throw error;
  }
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
