import { cleanEnv, EnvError, EnvMissingError, makeExactValidator } from 'envalid';
import { readCertificates } from './config/certificates.js';
import { secretFrom, type Secret } from './config/secret.js';
import { acceptsAnyCertificate, apiUrl, databaseUrl, httpUrl } from './config/urls.js';
import { DIALECTS, type ProviderKind } from './embedder/dialects.js';
import { ConfigurationError } from './errors.js';

/** Everything the program can be told, in the units its names say. Read-only, validated once, at start. */
export interface Config {
  readonly databaseUrl: string;
  /** For the session that listens and leads, where `databaseUrl` goes through a transaction pooler. */
  readonly listenDatabaseUrl: string;
  /** Variables whose URL has the server's certificate accepted unchecked. */
  readonly unchecked: readonly string[];
  /** Which of the servers below embeds. */
  readonly provider: ProviderKind;
  readonly ollamaUrl: string;
  /** PEM of the authorities that Ollama's certificate may come from, in place of the public ones. */
  readonly ollamaCa: string | undefined;
  /** Sent to Ollama as a bearer token. */
  readonly ollamaToken: Secret | undefined;
  /** Base of an OpenAI-compatible API; empty where another provider embeds. */
  readonly openaiUrl: string;
  /** PEM of the authorities that its certificate may come from, in place of the public ones. */
  readonly openaiCa: string | undefined;
  /** Sent to it as a bearer token. */
  readonly openaiKey: Secret | undefined;
  /** Requests to it in flight at once. */
  readonly openaiConcurrency: number;
  /** Texts that it takes in one request. */
  readonly openaiBatchSize: number;
  readonly model: string;
  /** Put before each block's text, with its own last space. */
  readonly instruction: string;
  /** Put before what `search` looks for. */
  readonly queryInstruction: string;
  readonly embeddingTimeoutMs: number;
  /** Requests to Ollama in flight at once. */
  readonly ollamaConcurrency: number;
  readonly workerConcurrency: number;
  readonly batchSize: number;
  readonly pollIntervalSeconds: number;
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  readonly heartbeatSeconds: number;
  readonly jobExpireSeconds: number;
  /** How long a settled job can be looked at before pg-boss deletes it. */
  readonly jobRetentionSeconds: number;
  readonly backfillRatePerSecond: number;
  readonly backfillBatchSize: number;
  /** Live jobs (created, in retry or active) that sweep and backfill fill the queue up to. */
  readonly queueLimit: number;
  readonly healthPort: number;
  readonly shutdownTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly pgBossSchema: string;
  readonly tables: TableNames;
}

/** The names of what we read and write in the API's schema, unquoted, as the operator wrote them. */
export interface TableNames {
  readonly blocksTable: string;
  readonly notesTable: string;
  readonly blocksId: string;
  readonly blocksNoteId: string;
  readonly blocksType: string;
  readonly blocksContent: string;
  readonly notesId: string;
  readonly notesTitle: string;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const INT4_MAX = 2_147_483_647; // pg-boss keeps its seconds in integer columns

const integer = (min: number, max: number = INT4_MAX) =>
  makeExactValidator<number>((input) => {
    const value = Number(input);
    if (!/^\s*-?\d+\s*$/.test(input) || !Number.isSafeInteger(value))
      throw new EnvError(`"${input}" is not a whole number`);
    if (value < min || value > max) throw new EnvError(`${value} is out of range: give a number from ${min} to ${max}`);
    return value;
  });

const text = makeExactValidator<string>((input) => {
  if (input.trim() === '') throw new EnvError('is empty: give a value or leave it unset');
  return input;
});

const anyText = makeExactValidator<string>((input) => input);

const file = makeExactValidator<string>((input) => input);

const certificates = makeExactValidator<string>(readCertificates);

// RFC 6750 takes fewer characters; others of ASCII are in use, and none of those that HTTP takes can end a header.
const bearerToken = makeExactValidator<string>((input) => {
  if (!/^[\x21-\x7e]+$/.test(input))
    throw new EnvError('is no token: it holds spaces, line breaks or other characters');
  return input;
});

const identifier = makeExactValidator<string>((input) => {
  if (input.trim() === '' || input.includes('\0')) throw new EnvError(`"${input}" is not a name`);
  return input;
});

const tableName = makeExactValidator<string>((input) => {
  const parts = input.split('.');
  if (parts.length > 2 || parts.some((part) => part.trim() === '' || part.includes('\0'))) {
    throw new EnvError(`"${input}" is not a table name: give table or schema.table`);
  }
  return input;
});

// pg-boss itself takes nothing else as a schema name.
const pgBossSchema = makeExactValidator<string>((input) => {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,49}$/.test(input)) {
    throw new EnvError(`"${input}" is not a schema name: letters, digits and _ only, 50 at most`);
  }
  return input.toLowerCase(); // as the server reads pg-boss's statements, which do not quote it
});

const PROVIDERS = Object.keys(DIALECTS) as ProviderKind[];

const provider = makeExactValidator<ProviderKind>((input) => {
  const kind = PROVIDERS.find((known) => known === input);
  if (kind === undefined) throw new EnvError(`"${input}" is no provider: give one of ${PROVIDERS.join(', ')}`);
  return kind;
});

const logLevel = makeExactValidator<LogLevel>((input) => {
  const level = LOG_LEVELS.find((known) => known === input);
  if (level === undefined) throw new EnvError(`"${input}" is not a log level: give one of ${LOG_LEVELS.join(', ')}`);
  return level;
});

/** What the block's text is embedded with: the platform's own prefix. */
export const DEFAULT_INSTRUCTION = 'Represent this platform knowledge base section for retrieval: ';

/** The query form Qwen3-Embedding was trained with (its model card); leaving it out costs 1-5 %. */
export const DEFAULT_QUERY_INSTRUCTION =
  'Instruct: Given a search query, retrieve relevant platform knowledge base sections that answer the query\nQuery:';

/** One row a variable: the README's table is checked against it. */
export const VARIABLES = {
  PALDOCS_DATABASE_URL: databaseUrl({ desc: 'PostgreSQL URL; SQLAlchemy’s postgresql+driver:// is accepted' }),
  PALDOCS_DATABASE_URL_FILE: file({ default: undefined, desc: 'a file that holds it' }),
  PALDOCS_LISTEN_DATABASE_URL: databaseUrl({ default: undefined, desc: 'a direct URL, where the other is a pooler’s' }),
  PALDOCS_LISTEN_DATABASE_URL_FILE: file({ default: undefined, desc: 'a file that holds it' }),
  PALDOCS_OLLAMA_URL: httpUrl({ default: 'http://ollama.ollama.svc.cluster.local:11434', desc: 'Ollama' }),
  PALDOCS_OLLAMA_CA_FILE: certificates({ default: undefined, desc: 'PEM of who issued Ollama’s certificate' }),
  PALDOCS_OLLAMA_TOKEN: bearerToken({ default: undefined, desc: 'a bearer token' }),
  PALDOCS_OLLAMA_TOKEN_FILE: file({ default: undefined, desc: 'a file that holds it' }),
  PALDOCS_EMBEDDING_PROVIDER: provider({ default: 'ollama' }),
  PALDOCS_OPENAI_URL: apiUrl({ default: undefined, desc: 'base of an OpenAI-compatible API' }),
  PALDOCS_OPENAI_CA_FILE: certificates({ default: undefined, desc: 'PEM of who issued its certificate' }),
  PALDOCS_OPENAI_API_KEY: bearerToken({ default: undefined, desc: 'its key' }),
  PALDOCS_OPENAI_API_KEY_FILE: file({ default: undefined, desc: 'a file that holds it' }),
  PALDOCS_OPENAI_CONCURRENCY: integer(1, 256)({ default: 4 }),
  PALDOCS_OPENAI_BATCH_SIZE: integer(1, 2048)({ default: 32 }), // the least that a known server takes by default: TEI's
  PALDOCS_EMBEDDING_MODEL: text({ default: 'qwen3-embedding:4b' }),
  PALDOCS_EMBEDDING_INSTRUCTION: anyText({ default: DEFAULT_INSTRUCTION }),
  PALDOCS_EMBEDDING_QUERY_INSTRUCTION: anyText({ default: DEFAULT_QUERY_INSTRUCTION }),
  PALDOCS_EMBEDDING_TIMEOUT_SECONDS: integer(1, 86_400)({ default: 300 }),
  PALDOCS_OLLAMA_CONCURRENCY: integer(1, 256)({ default: 2 }),
  PALDOCS_WORKER_CONCURRENCY: integer(1, 256)({ default: 10 }),
  PALDOCS_BATCH_SIZE: integer(1, 1000)({ default: 10 }),
  PALDOCS_POLL_INTERVAL_SECONDS: integer(1, 3600)({ default: 60 }),
  PALDOCS_RETRY_LIMIT: integer(0, 1000)({ default: 5 }),
  PALDOCS_RETRY_DELAY_SECONDS: integer(0, 86_400)({ default: 2 }),
  PALDOCS_RETRY_DELAY_MAX_SECONDS: integer(1, 86_400)({ default: 300 }),
  PALDOCS_HEARTBEAT_SECONDS: integer(10, 3600)({ default: 30 }), // pg-boss allows no less than 10
  PALDOCS_JOB_EXPIRE_SECONDS: integer(10, 86_400)({ default: 900 }),
  PALDOCS_JOB_RETENTION_SECONDS: integer(60)({ default: 86_400 }),
  PALDOCS_BACKFILL_RATE: integer(0)({ default: 500 }),
  PALDOCS_BACKFILL_BATCH_SIZE: integer(1, 10_000)({ default: 500 }),
  PALDOCS_QUEUE_LIMIT: integer(1)({ default: 10_000 }),
  PALDOCS_HEALTH_PORT: integer(0, 65_535)({ default: 8001 }),
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: integer(1, 3600)({ default: 25 }),
  PALDOCS_LOG_LEVEL: logLevel({ default: 'info' }),
  PALDOCS_PGBOSS_SCHEMA: pgBossSchema({ default: 'pgboss' }),
  PALDOCS_BLOCKS_TABLE: tableName({ default: 'public.blocks' }),
  PALDOCS_NOTES_TABLE: tableName({ default: 'public.notes' }),
  PALDOCS_BLOCKS_ID_COLUMN: identifier({ default: 'id' }),
  PALDOCS_BLOCKS_NOTE_ID_COLUMN: identifier({ default: 'note_id' }),
  PALDOCS_BLOCKS_TYPE_COLUMN: identifier({ default: 'block_type' }),
  PALDOCS_BLOCKS_CONTENT_COLUMN: identifier({ default: 'content' }),
  PALDOCS_NOTES_ID_COLUMN: identifier({ default: 'id' }),
  PALDOCS_NOTES_TITLE_COLUMN: identifier({ default: 'title' }),
};

/**
 * Reads and checks the environment.
 *
 * @throws ConfigurationError naming every variable that is missing or cannot be used, one line each. Values of URLs
 * are never repeated, since they hold passwords.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is an unset one, except where empty says something: embed without an instruction.
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => value !== undefined && (value !== '' || name.endsWith('_INSTRUCTION')),
    ),
  );
  const problems: string[] = [];
  /** Where a value comes from, when it is not from the variable of its name; null: what is wrong with it was said. */
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
        if (variable === null) continue;
        problems.push(
          `${variable}: ${error instanceof EnvMissingError ? `is not set: give the ${missing[name] ?? 'value'}` : error.message}`,
        );
      }
      if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
    },
  });
  const urls = {
    PALDOCS_DATABASE_URL: env.PALDOCS_DATABASE_URL,
    PALDOCS_LISTEN_DATABASE_URL: env.PALDOCS_LISTEN_DATABASE_URL,
  };
  const config: Config = {
    databaseUrl: env.PALDOCS_DATABASE_URL,
    listenDatabaseUrl: env.PALDOCS_LISTEN_DATABASE_URL ?? env.PALDOCS_DATABASE_URL,
    unchecked: Object.entries(urls)
      .filter(([, url]) => url !== undefined && acceptsAnyCertificate(url, given['PGSSLMODE']))
      .map(([name]) => name),
    ollamaUrl: env.PALDOCS_OLLAMA_URL,
    ollamaCa: env.PALDOCS_OLLAMA_CA_FILE,
    ollamaToken: secrets.get('PALDOCS_OLLAMA_TOKEN'),
    provider: env.PALDOCS_EMBEDDING_PROVIDER,
    openaiUrl: env.PALDOCS_OPENAI_URL ?? '',
    openaiCa: env.PALDOCS_OPENAI_CA_FILE,
    openaiKey: secrets.get('PALDOCS_OPENAI_API_KEY'),
    openaiConcurrency: env.PALDOCS_OPENAI_CONCURRENCY,
    openaiBatchSize: env.PALDOCS_OPENAI_BATCH_SIZE,
    model: env.PALDOCS_EMBEDDING_MODEL,
    instruction: env.PALDOCS_EMBEDDING_INSTRUCTION,
    queryInstruction: env.PALDOCS_EMBEDDING_QUERY_INSTRUCTION,
    embeddingTimeoutMs: env.PALDOCS_EMBEDDING_TIMEOUT_SECONDS * 1000,
    ollamaConcurrency: env.PALDOCS_OLLAMA_CONCURRENCY,
    workerConcurrency: env.PALDOCS_WORKER_CONCURRENCY,
    batchSize: env.PALDOCS_BATCH_SIZE,
    pollIntervalSeconds: env.PALDOCS_POLL_INTERVAL_SECONDS,
    retryLimit: env.PALDOCS_RETRY_LIMIT,
    retryDelaySeconds: env.PALDOCS_RETRY_DELAY_SECONDS,
    retryDelayMaxSeconds: env.PALDOCS_RETRY_DELAY_MAX_SECONDS,
    heartbeatSeconds: env.PALDOCS_HEARTBEAT_SECONDS,
    jobExpireSeconds: env.PALDOCS_JOB_EXPIRE_SECONDS,
    jobRetentionSeconds: env.PALDOCS_JOB_RETENTION_SECONDS,
    backfillRatePerSecond: env.PALDOCS_BACKFILL_RATE,
    backfillBatchSize: env.PALDOCS_BACKFILL_BATCH_SIZE,
    queueLimit: env.PALDOCS_QUEUE_LIMIT,
    healthPort: env.PALDOCS_HEALTH_PORT,
    shutdownTimeoutMs: env.PALDOCS_SHUTDOWN_TIMEOUT_SECONDS * 1000,
    logLevel: env.PALDOCS_LOG_LEVEL,
    pgBossSchema: env.PALDOCS_PGBOSS_SCHEMA,
    tables: {
      blocksTable: env.PALDOCS_BLOCKS_TABLE,
      notesTable: env.PALDOCS_NOTES_TABLE,
      blocksId: env.PALDOCS_BLOCKS_ID_COLUMN,
      blocksNoteId: env.PALDOCS_BLOCKS_NOTE_ID_COLUMN,
      blocksType: env.PALDOCS_BLOCKS_TYPE_COLUMN,
      blocksContent: env.PALDOCS_BLOCKS_CONTENT_COLUMN,
      notesId: env.PALDOCS_NOTES_ID_COLUMN,
      notesTitle: env.PALDOCS_NOTES_TITLE_COLUMN,
    },
  };
  if (config.provider === 'openai') requireGiven(given, ['PALDOCS_OPENAI_URL', 'PALDOCS_EMBEDDING_MODEL']);
  checkTogether(config);
  return config;
}

/** What may be in a file, which a variable of the same name and `_FILE` names. */
const SECRETS = [
  'PALDOCS_DATABASE_URL',
  'PALDOCS_LISTEN_DATABASE_URL',
  'PALDOCS_OLLAMA_TOKEN',
  'PALDOCS_OPENAI_API_KEY',
] as const;

/** What has no default where the provider is an OpenAI-compatible one: texts are sent nowhere that nobody named. */
function requireGiven(given: NodeJS.ProcessEnv, names: readonly string[]): void {
  const problems = names
    .filter((name) => given[name] === undefined)
    .map(
      (name) => `${name}: is not set, and PALDOCS_EMBEDDING_PROVIDER is openai: give the ${missing[name] ?? 'value'}`,
    );
  if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
}

const missing: Record<string, string> = {
  PALDOCS_DATABASE_URL:
    'URL of the platform’s database, postgresql://user:password@host:5432/name (or set DATABASE_URL)',
  PALDOCS_OPENAI_URL: 'base of the API, such as http://host:8000/v1',
  PALDOCS_EMBEDDING_MODEL: 'name by which the server knows the model',
};

function checkServer(
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

/** What is fine alone and wrong together. */
function checkTogether(config: Config): void {
  checkServer('PALDOCS_OLLAMA_TOKEN', 'PALDOCS_OLLAMA', config.ollamaUrl, config.ollamaToken, config.ollamaCa);
  if (config.openaiUrl !== '') {
    checkServer('PALDOCS_OPENAI_API_KEY', 'PALDOCS_OPENAI', config.openaiUrl, config.openaiKey, config.openaiCa);
  }
  if (config.retryDelayMaxSeconds < config.retryDelaySeconds) {
    throw new ConfigurationError(
      'CONFIGURATION',
      `PALDOCS_RETRY_DELAY_MAX_SECONDS: ${config.retryDelayMaxSeconds} is less than PALDOCS_RETRY_DELAY_SECONDS, ${config.retryDelaySeconds}`,
    );
  }
}
