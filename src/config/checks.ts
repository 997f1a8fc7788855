import { ConfigurationError } from '../base/errors.js';
import type { Secret } from './secret.js';

/** Requires variables without a default for an OpenAI-compatible provider: texts are sent only to a server that was named. */
export function requireGiven(given: NodeJS.ProcessEnv, names: readonly string[]): void {
  const problems = names
    .filter((name) => given[name] === undefined)
    .map((name) => `${name}: is not set, and PALDOCS_EMBEDDING_PROVIDER is openai: give the ${HINTS[name] ?? 'value'}`);
  if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
}

/** What to give for a required variable. */
export const HINTS: Readonly<Record<string, string>> = {
  PALDOCS_DATABASE_URL:
    'URL of the platform’s database, postgresql://user:password@host:5432/name (or set DATABASE_URL)',
  PALDOCS_OPENAI_URL: 'base URL of the API, such as http://host:8000/v1',
  PALDOCS_EMBEDDING_MODEL: 'model’s name on the server',
};

/**
 * Checks the variables of one server, which may be valid on their own but not together.
 *
 * @param secret the variable with its token
 * @param prefix the prefix of its variables
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
      `${secret}: ${prefix}_URL already contains a user and a password: give only one of them`,
    );
  }
  if (ca !== undefined && protocol !== 'https:') {
    throw new ConfigurationError(
      'CONFIGURATION',
      `${prefix}_CA_FILE: ${prefix}_URL does not begin with https://, so no certificate would be checked`,
    );
  }
}
