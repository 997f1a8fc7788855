import { EnvError, makeExactValidator } from 'envalid';
import { PROVIDER_NAMES, type ProviderKind } from '../embedder/dialect.js';
import { NameError, readColumnName, readTableName } from '../postgres/identifiers.js';
import { CONTEXT_KINDS, type ContextKind } from '../blocks/context/kinds.js';
import { SHORTEN, type Shorten } from '../embedder/model-families.js';
import { readCertificates } from './certificates.js';
import { keepAlive } from './keep-alive.js';
import { DEAD_LETTER_SUFFIX, DEFAULT_QUEUE, PAUSE_SUFFIX } from '../queue/queue-names.js';
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger.js';
import { apiUrl, databaseUrl, httpUrl } from './urls.js';

const INT4_MAX = 2_147_483_647; // pg-boss stores seconds in integer columns

const integer = (min: number, max: number = INT4_MAX) =>
  makeExactValidator<number>((input) => {
    const value = Number(input);
    if (!/^\s*-?\d+\s*$/.test(input) || !Number.isSafeInteger(value))
      throw new EnvError(`"${input}" is not a whole number`);
    if (value < min || value > max) throw new EnvError(`${value} is out of range: give a number from ${min} to ${max}`);
    return value;
  });

const seconds = (min: number, max: number) =>
  makeExactValidator<number>((input) => {
    const value = Number(input);
    if (!/^\s*\d+(\.\d+)?\s*$/.test(input)) throw new EnvError(`"${input}" is not a number of seconds`);
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

// RFC 6750 allows fewer characters, but tokens with other printable ASCII are in use, and none of these can end a header.
const bearerToken = makeExactValidator<string>((input) => {
  if (!/^[\x21-\x7e]+$/.test(input))
    throw new EnvError('is not a token: it contains spaces, line breaks or other invalid characters');
  return input;
});

/** Kept as it was written: which of its readings is meant, only the database knows. */
const name = (read: (input: string) => unknown) =>
  makeExactValidator<string>((input) => {
    try {
      read(input);
    } catch (error) {
      throw error instanceof NameError ? new EnvError(error.message) : error;
    }
    return input;
  });

const identifier = name(readColumnName);

const tableName = name(readTableName);

// pg-boss itself takes nothing else as a schema name.
const pgBossSchema = makeExactValidator<string>((input) => {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,49}$/.test(input)) {
    throw new EnvError(`"${input}" is not a schema name: letters, digits and _ only, 50 at most`);
  }
  return input.toLowerCase(); // as the server reads pg-boss's statements, which do not quote it
});

/** Fits with all that stands beside it into application_name. */
const QUEUE_LENGTH = 25;

// pg-boss itself takes no other characters in a queue's name.
const queue = makeExactValidator<string>((input) => {
  if (!/^[\w.\-/]+$/.test(input) || input.length > QUEUE_LENGTH) {
    throw new EnvError(`"${input}" is not a queue name: letters, digits and _ - . / only, ${QUEUE_LENGTH} at most`);
  }
  const suffix = [DEAD_LETTER_SUFFIX, PAUSE_SUFFIX].find((one) => input.endsWith(one));
  if (suffix !== undefined) {
    throw new EnvError(`"${input}" ends with ${suffix}, as the names of queues that a worker adds do: give another`);
  }
  return input;
});

const PROVIDERS = Object.keys(PROVIDER_NAMES) as ProviderKind[];

const provider = makeExactValidator<ProviderKind>((input) => {
  const kind = PROVIDERS.find((known) => known === input);
  if (kind === undefined) throw new EnvError(`"${input}" is not a provider: give one of ${PROVIDERS.join(', ')}`);
  return kind;
});

const logLevel = makeExactValidator<LogLevel>((input) => {
  const level = LOG_LEVELS.find((known) => known === input);
  if (level === undefined) throw new EnvError(`"${input}" is not a log level: give one of ${LOG_LEVELS.join(', ')}`);
  return level;
});

const shorten = makeExactValidator<Shorten>((input) => {
  const which = SHORTEN.find((known) => known === input);
  if (which === undefined) throw new EnvError(`"${input}" is not valid: give one of ${SHORTEN.join(', ')}`);
  return which;
});

const context = makeExactValidator<ContextKind>((input) => {
  const kind = CONTEXT_KINDS.find((known) => known === input);
  if (kind === undefined) throw new EnvError(`"${input}" is not valid: give one of ${CONTEXT_KINDS.join(', ')}`);
  return kind;
});

/** The platform's own prefix of each text. */
export const DEFAULT_INSTRUCTION = 'Represent this platform knowledge base section for retrieval: ';

/** One row a variable. A test compares it with the table in docs/configuration.md. */
export const VARIABLES = {
  PALDOCS_DATABASE_URL: databaseUrl({ desc: 'PostgreSQL URL; SQLAlchemy’s postgresql+driver:// is accepted' }),
  PALDOCS_DATABASE_URL_FILE: file({ default: undefined, desc: 'file with the PostgreSQL URL' }),
  PALDOCS_LISTEN_DATABASE_URL: databaseUrl({
    default: undefined,
    desc: 'direct URL, if the other goes through a pooler',
  }),
  PALDOCS_LISTEN_DATABASE_URL_FILE: file({ default: undefined, desc: 'file with the direct URL' }),
  PALDOCS_OLLAMA_URL: httpUrl({ default: 'http://ollama.ollama.svc.cluster.local:11434', desc: 'URL of Ollama' }),
  PALDOCS_OLLAMA_CA_FILE: certificates({ default: undefined, desc: 'PEM file of the authorities to trust for Ollama' }),
  PALDOCS_OLLAMA_TOKEN: bearerToken({ default: undefined, desc: 'bearer token for Ollama' }),
  PALDOCS_OLLAMA_TOKEN_FILE: file({ default: undefined, desc: 'file with the bearer token for Ollama' }),
  PALDOCS_EMBEDDING_PROVIDER: provider({ default: 'ollama', desc: 'kind of embedding server' }),
  PALDOCS_OPENAI_URL: apiUrl({ default: undefined, desc: 'base URL of an OpenAI-compatible API' }),
  PALDOCS_OPENAI_CA_FILE: certificates({
    default: undefined,
    desc: 'PEM file of the authorities to trust for this API',
  }),
  PALDOCS_OPENAI_API_KEY: bearerToken({ default: undefined, desc: 'key for this API' }),
  PALDOCS_OPENAI_API_KEY_FILE: file({ default: undefined, desc: 'file with the key for this API' }),
  PALDOCS_OPENAI_CONCURRENCY: integer(1, 256)({ default: 4, desc: 'requests to this API in flight' }),
  // TEI accepts 32 texts by default, the fewest of the known servers.
  PALDOCS_OPENAI_BATCH_SIZE: integer(1, 2048)({ default: 32, desc: 'texts per request to this API' }),
  PALDOCS_EMBEDDING_MODEL: text({ default: 'qwen3-embedding:4b', desc: 'name of the model on the server' }),
  PALDOCS_EMBEDDING_INSTRUCTION: anyText({ default: DEFAULT_INSTRUCTION, desc: 'prefix of each text' }),
  PALDOCS_EMBEDDING_QUERY_INSTRUCTION: anyText({
    default: undefined,
    desc: 'prefix of each search query; unset: the query form of the model, if it is known',
  }),
  PALDOCS_EMBEDDING_CONTEXT: context({ default: 'headings', desc: 'what of its note stands before a text' }),
  PALDOCS_EMBEDDING_SHORTEN: shorten({ default: 'trained', desc: 'models whose vectors may be shortened' }),
  PALDOCS_EMBEDDING_TIMEOUT_SECONDS: integer(1, 86_400)({ default: 300, desc: 'timeout of a request' }),
  PALDOCS_OLLAMA_CONCURRENCY: integer(1, 256)({ default: 2, desc: 'requests to Ollama in flight' }),
  PALDOCS_OLLAMA_KEEP_ALIVE: keepAlive({
    default: undefined,
    desc: 'how long Ollama keeps the model loaded after a request; unset: as Ollama is set',
  }),
  PALDOCS_WORKER_CONCURRENCY: integer(1, 256)({ default: 10, desc: 'pg-boss workers' }),
  PALDOCS_BATCH_SIZE: integer(
    1,
    1000,
  )({
    default: undefined,
    desc: 'jobs per fetch and texts per request; unset: 10 for edits, learned for backlog',
  }),
  PALDOCS_REQUEST_TARGET_SECONDS: seconds(
    0.01,
    60,
  )({
    default: 0.25,
    desc: 'longest time that the texts of a request whose size is learned should take',
  }),
  PALDOCS_POLL_INTERVAL_SECONDS: integer(1, 3600)({ default: 60, desc: 'time between two sweeps' }),
  PALDOCS_RETRY_LIMIT: integer(0, 1000)({ default: 5, desc: 'retries of a block that fails' }),
  PALDOCS_RETRY_DELAY_SECONDS: integer(0, 86_400)({ default: 2, desc: 'delay before the first retry' }),
  PALDOCS_RETRY_DELAY_MAX_SECONDS: integer(1, 86_400)({ default: 300, desc: 'longest delay before a retry' }),
  // pg-boss accepts no less than 10.
  PALDOCS_HEARTBEAT_SECONDS: integer(10, 3600)({ default: 30, desc: 'time without a heartbeat that ends an attempt' }),
  PALDOCS_JOB_EXPIRE_SECONDS: integer(10, 86_400)({ default: 900, desc: 'longest time for one attempt' }),
  PALDOCS_JOB_RETENTION_SECONDS: integer(60)({ default: 86_400, desc: 'time to keep settled jobs' }),
  PALDOCS_JOB_RETENTION_LIMIT: integer(1)({ default: 200_000, desc: 'settled jobs to keep at most' }),
  PALDOCS_BACKFILL_RATE: integer(0)({ default: 500, desc: 'blocks that a backfill enqueues per second' }),
  PALDOCS_BACKFILL_BATCH_SIZE: integer(1, 10_000)({ default: 500, desc: 'blocks per transaction of a backfill' }),
  PALDOCS_QUEUE_LIMIT: integer(1)({ default: 10_000, desc: 'jobs to which sweep and backfill fill the queue' }),
  PALDOCS_HEALTH_PORT: integer(0, 65_535)({ default: 8001, desc: 'port of health checks and metrics' }),
  PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: integer(1, 3600)({ default: 25, desc: 'time for requests in flight at shutdown' }),
  PALDOCS_LOG_LEVEL: logLevel({ default: 'info', desc: 'lowest level that is logged' }),
  PALDOCS_PGBOSS_SCHEMA: pgBossSchema({ default: 'pgboss' }),
  PALDOCS_QUEUE: queue({ default: DEFAULT_QUEUE }),
  PALDOCS_BLOCKS_TABLE: tableName({ default: 'public.blocks' }),
  PALDOCS_NOTES_TABLE: tableName({ default: 'public.notes' }),
  PALDOCS_BLOCKS_ID_COLUMN: identifier({ default: 'id' }),
  PALDOCS_BLOCKS_NOTE_ID_COLUMN: identifier({ default: 'note_id' }),
  PALDOCS_BLOCKS_TYPE_COLUMN: identifier({ default: 'block_type' }),
  PALDOCS_BLOCKS_CONTENT_COLUMN: identifier({ default: 'content' }),
  PALDOCS_BLOCKS_EMBEDDING_COLUMN: identifier({ default: 'embedding' }),
  PALDOCS_BLOCKS_STATUS_COLUMN: identifier({ default: 'embedding_status' }),
  PALDOCS_BLOCKS_POSITION_COLUMN: identifier({ default: undefined, desc: 'orders the blocks of a note, for path' }),
  PALDOCS_NOTES_ID_COLUMN: identifier({ default: 'id' }),
  PALDOCS_NOTES_TITLE_COLUMN: identifier({ default: 'title' }),
};
