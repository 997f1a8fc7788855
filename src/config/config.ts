import { cleanEnv, EnvError, EnvMissingError } from 'envalid';
import { checkServer, MISSING, requireGiven } from './checks.js';
import { proxyFor } from './proxy.js';
import { secretFrom, type Secret } from './secret.js';
import { withDefaultTls } from './urls.js';
import { VARIABLES } from './variables.js';
import { queueNames, type QueueNames } from '../queue/queue-names.js';
import type { TableNames } from '../blocks/table.js';
import type { LogLevel } from '../telemetry/logger.js';
import { acceptsAnyCertificate, readAddress } from '../postgres/address.js';
import type { ProviderKind } from '../embedder/dialect.js';
import { queryFormOf, type Shorten } from '../embedder/model-families.js';
import { ConfigurationError } from '../base/errors.js';

/** Everything the program can be told, in the units its names say. Read-only, validated once, at start. */
export interface Config {
  readonly databaseUrl: string;
  /** For the session that listens and leads, where `databaseUrl` goes through a transaction pooler. */
  readonly listenDatabaseUrl: string;
  /** Variables whose URL has the server's certificate accepted unchecked. */
  readonly unverifiedTls: readonly string[];
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
  /** The proxy through which the server that embeds is reached, with its credentials. */
  readonly proxyUrl: string | undefined;
  readonly model: string;
  /** Put before each block's text, with its own last space. */
  readonly instruction: string;
  /** Put before what `search` looks for: the model's own query form, unless another was given. */
  readonly queryInstruction: string;
  /** Of which models a longer vector may be shortened to the column's dimensions. */
  readonly shorten: Shorten;
  readonly embeddingTimeoutMs: number;
  /** Requests to Ollama in flight at once. */
  readonly ollamaConcurrency: number;
  readonly workerConcurrency: number;
  readonly batchSize: number;
  /** Between two sweeps; also the longest sleep of an idle worker. */
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
  /** Ready and active jobs that sweep and backfill fill the queue up to; ten times as many may be delayed. */
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
          `${variable}: ${error instanceof EnvMissingError ? `is not set: give the ${MISSING[name] ?? 'value'}` : error.message}`,
        );
      }
      if (problems.length > 0) throw new ConfigurationError('CONFIGURATION', problems.join('\n'));
    },
  });
  const databaseUrl = withDefaultTls(env.PALDOCS_DATABASE_URL, given['PGSSLMODE']);
  const listenDatabaseUrl =
    env.PALDOCS_LISTEN_DATABASE_URL === undefined
      ? undefined
      : withDefaultTls(env.PALDOCS_LISTEN_DATABASE_URL, given['PGSSLMODE']);
  const urls = { PALDOCS_DATABASE_URL: databaseUrl, PALDOCS_LISTEN_DATABASE_URL: listenDatabaseUrl };
  const server = env.PALDOCS_EMBEDDING_PROVIDER === 'openai' ? env.PALDOCS_OPENAI_URL : env.PALDOCS_OLLAMA_URL;
  const config: Config = {
    databaseUrl,
    listenDatabaseUrl: listenDatabaseUrl ?? databaseUrl,
    unverifiedTls: Object.entries(urls)
      .filter(([, url]) => url !== undefined && acceptsAnyCertificate(readAddress(url)))
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
    proxyUrl: server === undefined ? undefined : proxyFor(server, given),
    model: env.PALDOCS_EMBEDDING_MODEL,
    instruction: env.PALDOCS_EMBEDDING_INSTRUCTION,
    queryInstruction: env.PALDOCS_EMBEDDING_QUERY_INSTRUCTION ?? queryFormOf(env.PALDOCS_EMBEDDING_MODEL),
    shorten: env.PALDOCS_EMBEDDING_SHORTEN,
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
    },
  };
  if (config.provider === 'openai') requireGiven(given, ['PALDOCS_OPENAI_URL', 'PALDOCS_EMBEDDING_MODEL']);
  checkCombinations(config);
  return config;
}

/** What may be in a file, which a variable of the same name and `_FILE` names. */
const SECRETS = [
  'PALDOCS_DATABASE_URL',
  'PALDOCS_LISTEN_DATABASE_URL',
  'PALDOCS_OLLAMA_TOKEN',
  'PALDOCS_OPENAI_API_KEY',
] as const;

/** What is fine alone and wrong together. */
function checkCombinations(config: Config): void {
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
