import { checkServer, requireGiven } from './checks.js';
import { readEnvironment } from './environment.js';
import { proxyFor } from './proxy.js';
import type { Secret } from './secret.js';
import { withDefaultTls } from './urls.js';
import { queueNames, type QueueNames } from '../queue/queue-names.js';
import type { TableNames } from '../blocks/table.js';
import type { LogLevel } from '../telemetry/logger.js';
import { acceptsAnyCertificate, readAddress } from '../postgres/address.js';
import type { ProviderKind } from '../embedder/dialect.js';
import type { KeepAlive } from '../embedder/keep-alive.js';
import { queryFormOf, type Shorten } from '../embedder/model-families.js';
import { ConfigurationError } from '../base/errors.js';

/** All settings, in the units that their names give. Read-only and validated once, at start. */
export interface Config {
  readonly databaseUrl: string;
  /** For the listening session; a direct URL if `databaseUrl` goes through a transaction pooler. */
  readonly listenDatabaseUrl: string;
  /** Variables whose URL accepts any server certificate. */
  readonly unverifiedTls: readonly string[];
  /** Which of the servers below computes the embeddings. */
  readonly provider: ProviderKind;
  readonly ollamaUrl: string;
  /** PEM certificates of the authorities to trust for Ollama, instead of the public ones. */
  readonly ollamaCa: string | undefined;
  /** Sent to Ollama as a bearer token. */
  readonly ollamaToken: Secret | undefined;
  /** Base URL of an OpenAI-compatible API; empty if none is set. */
  readonly openaiUrl: string;
  /** PEM certificates of the authorities to trust for this API, instead of the public ones. */
  readonly openaiCa: string | undefined;
  /** Sent to this API as a bearer token. */
  readonly openaiKey: Secret | undefined;
  /** Maximum number of requests to this API in flight. */
  readonly openaiConcurrency: number;
  /** Maximum number of texts in one request to this API. */
  readonly openaiBatchSize: number;
  /** The proxy to the embedding server, with its credentials. */
  readonly proxyUrl: string | undefined;
  readonly model: string;
  /** Prefix of each block's text, including its trailing space. */
  readonly instruction: string;
  /** Prefix of a search query: the model's own query form, unless another is set. */
  readonly queryInstruction: string;
  /** For which models a longer vector may be shortened to the column's dimensions. */
  readonly shorten: Shorten;
  readonly embeddingTimeoutMs: number;
  /** Maximum number of requests to Ollama in flight. */
  readonly ollamaConcurrency: number;
  /** Sent to Ollama with each request; undefined: Ollama's own setting. */
  readonly ollamaKeepAlive: KeepAlive | undefined;
  readonly workerConcurrency: number;
  /** Jobs that a worker fetches at once and texts in a request; undefined: 10 for edits, learned for backlog. */
  readonly batchSize: number | undefined;
  /** The longest time that the texts of one request should take, whose number is learned. */
  readonly requestTargetMs: number;
  /** Time between two sweeps; also the longest sleep of an idle worker. */
  readonly pollIntervalSeconds: number;
  readonly retryLimit: number;
  readonly retryDelaySeconds: number;
  readonly retryDelayMaxSeconds: number;
  readonly heartbeatSeconds: number;
  readonly jobExpireSeconds: number;
  /** How long pg-boss keeps a settled job. */
  readonly jobRetentionSeconds: number;
  /** How many settled jobs are kept at most. */
  readonly jobRetentionLimit: number;
  readonly backfillRatePerSecond: number;
  readonly backfillBatchSize: number;
  /** Sweep and backfill fill the queue up to this number of ready and active jobs; ten times as many may be delayed. */
  readonly queueLimit: number;
  readonly healthPort: number;
  readonly shutdownTimeoutMs: number;
  readonly logLevel: LogLevel;
  /** Where the jobs are: pg-boss's schema, the queue and its dead letters. */
  readonly names: QueueNames;
  readonly tables: TableNames;
}

/**
 * Reads and checks the environment.
 *
 * @throws ConfigurationError that names every variable that is missing or invalid, one per line. Values of URLs are never
 * repeated, because they contain passwords.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const { env, given, secrets } = readEnvironment(environment);
  const databaseUrl = withDefaultTls(env.PALDOCS_DATABASE_URL, given['PGSSLMODE']);
  const listenDatabaseUrl =
    env.PALDOCS_LISTEN_DATABASE_URL === undefined
      ? databaseUrl
      : withDefaultTls(env.PALDOCS_LISTEN_DATABASE_URL, given['PGSSLMODE']);
  const serverUrl = env.PALDOCS_EMBEDDING_PROVIDER === 'openai' ? env.PALDOCS_OPENAI_URL : env.PALDOCS_OLLAMA_URL;
  const config: Config = {
    databaseUrl,
    listenDatabaseUrl,
    unverifiedTls: [
      ...(isUnverified(databaseUrl) ? ['PALDOCS_DATABASE_URL'] : []),
      ...(env.PALDOCS_LISTEN_DATABASE_URL !== undefined && isUnverified(listenDatabaseUrl)
        ? ['PALDOCS_LISTEN_DATABASE_URL']
        : []),
    ],
    ollamaUrl: env.PALDOCS_OLLAMA_URL,
    ollamaCa: env.PALDOCS_OLLAMA_CA_FILE,
    ollamaToken: secrets.get('PALDOCS_OLLAMA_TOKEN'),
    provider: env.PALDOCS_EMBEDDING_PROVIDER,
    openaiUrl: env.PALDOCS_OPENAI_URL ?? '',
    openaiCa: env.PALDOCS_OPENAI_CA_FILE,
    openaiKey: secrets.get('PALDOCS_OPENAI_API_KEY'),
    openaiConcurrency: env.PALDOCS_OPENAI_CONCURRENCY,
    openaiBatchSize: env.PALDOCS_OPENAI_BATCH_SIZE,
    proxyUrl: serverUrl === undefined ? undefined : proxyFor(serverUrl, given),
    model: env.PALDOCS_EMBEDDING_MODEL,
    instruction: env.PALDOCS_EMBEDDING_INSTRUCTION,
    queryInstruction: env.PALDOCS_EMBEDDING_QUERY_INSTRUCTION ?? queryFormOf(env.PALDOCS_EMBEDDING_MODEL),
    shorten: env.PALDOCS_EMBEDDING_SHORTEN,
    embeddingTimeoutMs: env.PALDOCS_EMBEDDING_TIMEOUT_SECONDS * 1000,
    ollamaConcurrency: env.PALDOCS_OLLAMA_CONCURRENCY,
    ollamaKeepAlive: env.PALDOCS_OLLAMA_KEEP_ALIVE,
    workerConcurrency: env.PALDOCS_WORKER_CONCURRENCY,
    batchSize: env.PALDOCS_BATCH_SIZE,
    requestTargetMs: env.PALDOCS_REQUEST_TARGET_SECONDS * 1000,
    pollIntervalSeconds: env.PALDOCS_POLL_INTERVAL_SECONDS,
    retryLimit: env.PALDOCS_RETRY_LIMIT,
    retryDelaySeconds: env.PALDOCS_RETRY_DELAY_SECONDS,
    retryDelayMaxSeconds: env.PALDOCS_RETRY_DELAY_MAX_SECONDS,
    heartbeatSeconds: env.PALDOCS_HEARTBEAT_SECONDS,
    jobExpireSeconds: env.PALDOCS_JOB_EXPIRE_SECONDS,
    jobRetentionSeconds: env.PALDOCS_JOB_RETENTION_SECONDS,
    jobRetentionLimit: env.PALDOCS_JOB_RETENTION_LIMIT,
    backfillRatePerSecond: env.PALDOCS_BACKFILL_RATE,
    backfillBatchSize: env.PALDOCS_BACKFILL_BATCH_SIZE,
    queueLimit: env.PALDOCS_QUEUE_LIMIT,
    healthPort: env.PALDOCS_HEALTH_PORT,
    shutdownTimeoutMs: env.PALDOCS_SHUTDOWN_TIMEOUT_SECONDS * 1000,
    logLevel: env.PALDOCS_LOG_LEVEL,
    names: queueNames(env.PALDOCS_PGBOSS_SCHEMA, env.PALDOCS_QUEUE),
    tables: {
      blocksTable: env.PALDOCS_BLOCKS_TABLE,
      notesTable: env.PALDOCS_NOTES_TABLE,
      blocksId: env.PALDOCS_BLOCKS_ID_COLUMN,
      blocksNoteId: env.PALDOCS_BLOCKS_NOTE_ID_COLUMN,
      blocksType: env.PALDOCS_BLOCKS_TYPE_COLUMN,
      blocksContent: env.PALDOCS_BLOCKS_CONTENT_COLUMN,
      blocksEmbedding: env.PALDOCS_BLOCKS_EMBEDDING_COLUMN,
      blocksStatus: env.PALDOCS_BLOCKS_STATUS_COLUMN,
      notesId: env.PALDOCS_NOTES_ID_COLUMN,
      notesTitle: env.PALDOCS_NOTES_TITLE_COLUMN,
      blocksPosition: env.PALDOCS_BLOCKS_POSITION_COLUMN,
      context: env.PALDOCS_EMBEDDING_CONTEXT,
    },
  };
  if (config.provider === 'openai') requireGiven(given, ['PALDOCS_OPENAI_URL', 'PALDOCS_EMBEDDING_MODEL']);
  checkCombinations(config);
  return config;
}

function isUnverified(url: string): boolean {
  return acceptsAnyCertificate(readAddress(url));
}

/** Checks values that are valid on their own but not together. */
function checkCombinations(config: Config): void {
  checkServer('PALDOCS_OLLAMA_TOKEN', 'PALDOCS_OLLAMA', config.ollamaUrl, config.ollamaToken, config.ollamaCa);
  if (config.openaiUrl !== '') {
    checkServer('PALDOCS_OPENAI_API_KEY', 'PALDOCS_OPENAI', config.openaiUrl, config.openaiKey, config.openaiCa);
  }
  if (config.tables.context === 'path' && config.tables.blocksPosition === undefined) {
    throw new ConfigurationError(
      'CONFIGURATION',
      'PALDOCS_EMBEDDING_CONTEXT: path needs the order of the blocks of a note: set PALDOCS_BLOCKS_POSITION_COLUMN to the column with it',
    );
  }
  if (config.retryDelayMaxSeconds < config.retryDelaySeconds) {
    throw new ConfigurationError(
      'CONFIGURATION',
      `PALDOCS_RETRY_DELAY_MAX_SECONDS: ${config.retryDelayMaxSeconds} is less than PALDOCS_RETRY_DELAY_SECONDS, ${config.retryDelaySeconds}`,
    );
  }
}
