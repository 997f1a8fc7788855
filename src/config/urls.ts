import { EnvError, makeExactValidator } from 'envalid';
import { readAddress, tlsModeOf, type TlsMode } from '../postgres/address.js';
import { AddressError } from '../postgres/server-address.js';
import { ConfigurationError } from '../base/errors.js';
import { readCertificates } from './certificates.js';
import { readTextFile } from './secret.js';

/**
 * A PostgreSQL URL in libpq's or SQLAlchemy's form. The driver in `postgresql+psycopg2://` is removed, so the API and the
 * worker can share the variable. An error never repeats the value, because it contains a password.
 */
export const databaseUrl = makeExactValidator<string>((input) => {
  const url = input.trim().replace(/^(postgres(?:ql)?)\+[a-z0-9_]+:\/\//i, '$1://');
  if (!/^postgres(ql)?:\/\//i.test(url)) {
    throw new EnvError('is not a PostgreSQL URL: it must begin with postgresql://');
  }
  const { files, parameters } = orEnvError(() => readAddress(url));
  if ('uselibpqcompat' in parameters) {
    throw new EnvError('uselibpqcompat would accept any certificate: remove it, and give sslmode=verify-full');
  }
  if (files.ca !== undefined) readCertificates(files.ca);
  for (const path of [files.cert, files.key]) if (path !== undefined) readTextFile(path);
  return withOurModes(url);
});

/** Rewrites the TLS modes to those of `address.ts`. Other programs that get the URL might read them differently. */
function withOurModes(url: string): string {
  return url.replace(
    /([?&])ssl(?:mode)?=(\w[\w-]*)(?=&|#|$)/g,
    (_, before: string, mode: string) => `${before}sslmode=${tlsModeOf(mode) ?? mode}`,
  );
}

/**
 * Adds the mode that `PGSSLMODE` names if the URL itself says nothing about TLS.
 *
 * @throws ConfigurationError if the mode is unknown
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

/** An http or https URL, without trailing slashes. An error never repeats its credentials. */
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
 * The base URL of an OpenAI-compatible API, given with or without the version, or as the full address of `/embeddings`.
 * `/v1` is added unless the path contains a version, such as `/api/v3` or `/v1beta/openai`.
 */
export const apiUrl = makeExactValidator<string>((input) => {
  const url = new URL(readHttpUrl(input));
  if (url.search !== '' || url.hash !== '') throw new EnvError('has a query or a fragment: leave out "?" and "#"');
  const path = url.pathname.replace(/\/+$/, '').replace(/\/embeddings$/, '');
  url.pathname = /\/v\d\w*(\/|$)/.test(path) ? path : `${path}/v1`;
  return url.href;
});

/** A URL without its credentials, even if it is malformed. */
export function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/**
 * If a password contains a bare `/`, `?` or `#`, a part of it is parsed as host and path, which errors and logs show.
 */
function requireNoPasswordInPath(value: string): void {
  const { pathname, search, hash, username, password } = new URL(value);
  const rest = username === '' && password === '' ? pathname + search + hash : pathname + hash;
  if (!rest.includes('@')) return;
  throw new EnvError('has an @ after the host: percent-encode special characters of the password, such as / as %2F');
}

/** URL parsers keep a `%` that encodes nothing, but the password could not be decoded. */
function requireDecodable(value: string): void {
  const { username, password } = new URL(value);
  try {
    decodeURIComponent(username + password);
  } catch {
    throw new EnvError('contains a % that encodes nothing: in a user or password, write it as %25');
  }
}
