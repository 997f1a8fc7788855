import { ConfigurationError } from '../base/errors.js';
import type { Secret } from './secret.js';

/** What has no default where the provider is an OpenAI-compatible one: texts are sent nowhere that nobody named. */
export function requireGiven(given: NodeJS.ProcessEnv, names: readonly string[]): void {
  const problems = names
    .filter((name) => given[name] === undefined)
    .map(
      (name) => `${name}: is not set, and PALDOCS_EMBEDDING_PROVIDER is openai: give the ${MISSING[name] ?? 'value'}`,
    );
  if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
}

/** How what has no default is asked for. */
export const MISSING: Readonly<Record<string, string>> = {
  PALDOCS_DATABASE_URL:
    'URL of the platform’s database, postgresql://user:password@host:5432/name (or set DATABASE_URL)',
  PALDOCS_OPENAI_URL: 'base of the API, such as http://host:8000/v1',
  PALDOCS_EMBEDDING_MODEL: 'name by which the server knows the model',
};

/**
 * What is fine alone and wrong together, of one server.
 *
 * @param secret the variable that holds its token
 * @param prefix of its variables
 */
export function checkServer(
  secret: string,
  prefix: string,
  address: string,
  token: Secret | undefined,
  ca: string | undefined,
): void {
  const { username, password, protocol } = new URL(address);
  if (token !== undefined && (username !== '' || password !== '')) {
    throw new ConfigurationError(
      'CONFIGURATION',
      `${secret}: ${prefix}_URL holds a user and a password already: give one of the two`,
    );
  }
  if (ca !== undefined && protocol !== 'https:') {
    throw new ConfigurationError(
      'CONFIGURATION',
      `${prefix}_CA_FILE: ${prefix}_URL does not begin with https://, so that nothing would be checked`,
    );
  }
}
