import { cleanEnv, EnvError, EnvMissingError, type CleanedEnv } from 'envalid';
import { ConfigurationError } from '../base/errors.js';
import { HINTS } from './checks.js';
import { secretFrom, type Secret } from './secret.js';
import { VARIABLES } from './variables.js';

/** Variables whose value may be in a file instead, which the variable with `_FILE` added names. */
const SECRETS = [
  'PALDOCS_DATABASE_URL',
  'PALDOCS_LISTEN_DATABASE_URL',
  'PALDOCS_OLLAMA_TOKEN',
  'PALDOCS_OPENAI_API_KEY',
] as const;

export interface Environment {
  /** Our variables, validated. */
  readonly env: CleanedEnv<typeof VARIABLES>;
  /** All variables that are set, also those of other programs. */
  readonly given: Readonly<NodeJS.ProcessEnv>;
  /** By variable. */
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * Reads and validates the environment.
 *
 * @throws ConfigurationError that names every variable that is missing or invalid, one per line, without the value of a URL
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const given = withoutEmpty(environment);
  const problems: string[] = [];
  /** The variable that a value came from, if it has another name; null: its problem is already in the list. */
  const sources: Record<string, string | null> = {};
  const secrets = new Map<string, Secret>();
  for (const name of SECRETS) {
    try {
      const secret = secretFrom(given, name);
      if (secret === undefined) continue;
      secrets.set(name, secret);
      if (given[name] === undefined) sources[name] = `${name}_FILE`;
      given[name] = secret();
    } catch (error) {
      if (!(error instanceof EnvError)) throw error;
      problems.push(`${name}_FILE: ${error.message}`);
      sources[name] = null;
    }
  }
  if (given['PALDOCS_DATABASE_URL'] === undefined && given['DATABASE_URL'] !== undefined) {
    given['PALDOCS_DATABASE_URL'] = given['DATABASE_URL'];
    if (sources['PALDOCS_DATABASE_URL'] !== null) sources['PALDOCS_DATABASE_URL'] = 'DATABASE_URL';
  }
  const env = cleanEnv(given, VARIABLES, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        const variable = name in sources ? sources[name] : name;
        if (variable !== null) problems.push(`${variable}: ${describe(name, error)}`);
      }
      if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
    },
  });
  return { env, given, secrets };
}

/** An empty variable counts as unset, except for an instruction: there, empty means to embed without one. */
function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGiven = ([name, value]: readonly [string, string | undefined]) =>
    value !== undefined && (value !== '' || name.endsWith('_INSTRUCTION'));
  return Object.fromEntries(Object.entries(environment).filter(isGiven));
}

function describe(name: string, error: Error): string {
  return error instanceof EnvMissingError ? `is not set: give the ${HINTS[name] ?? 'value'}` : error.message;
}
