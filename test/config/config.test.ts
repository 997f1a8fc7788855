import { readFileSync } from 'node:fs';
import { loadConfig } from '../../src/config/config.js';
import { DEFAULT_INSTRUCTION, VARIABLES } from '../../src/config/variables.js';
import { refusalOf } from '../support/config-refusal.js';

const URL = 'postgresql://worker:secret@db:5432/paldocs';
const REQUIRED = { PALDOCS_DATABASE_URL: URL };

describe('the configuration', () => {
  it('has these defaults', () => {
    expect(loadConfig(REQUIRED)).toEqual({
      databaseUrl: URL,
      listenDatabaseUrl: URL,
      unverifiedTls: [],
      ollamaCa: undefined,
      ollamaToken: undefined,
      provider: 'ollama',
      openaiUrl: '',
      openaiCa: undefined,
      openaiKey: undefined,
      openaiConcurrency: 4,
      openaiBatchSize: 32,
      ollamaUrl: 'http://ollama.ollama.svc.cluster.local:11434',
      model: 'qwen3-embedding:4b',
      instruction: 'Represent this platform knowledge base section for retrieval: ',
      queryInstruction: expect.stringMatching(/^Instruct: .+\nQuery:$/) as string,
      shorten: 'trained',
      embeddingTimeoutMs: 300_000,
      ollamaConcurrency: 2,
      ollamaKeepAlive: undefined,
      workerConcurrency: 10,
      batchSize: undefined,
      requestTargetMs: 250,
      pollIntervalSeconds: 60,
      retryLimit: 5,
      retryDelaySeconds: 2,
      retryDelayMaxSeconds: 300,
      heartbeatSeconds: 30,
      jobExpireSeconds: 900,
      jobRetentionSeconds: 86_400,
      jobRetentionLimit: 200_000,
      backfillRatePerSecond: 500,
      backfillBatchSize: 500,
      queueLimit: 10_000,
      healthPort: 8001,
      shutdownTimeoutMs: 25_000,
      logLevel: 'info',
      names: { schema: 'pgboss', queue: 'embed-block', deadLetters: 'embed-block-failed', pause: 'embed-block-pause' },
      tables: {
        blocksTable: 'public.blocks',
        notesTable: 'public.notes',
        blocksId: 'id',
        blocksNoteId: 'note_id',
        blocksType: 'block_type',
        blocksContent: 'content',
        blocksEmbedding: 'embedding',
        blocksStatus: 'embedding_status',
        notesId: 'id',
        notesTitle: 'title',
        context: 'headings',
      },
    });
  });

  it.each(['headings', 'title'] as const)('takes the context %s', (context) => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_EMBEDDING_CONTEXT: context }).tables.context).toBe(context);
  });

  it('takes paths only together with the column that orders the blocks of a note', () => {
    const variables = { ...REQUIRED, PALDOCS_EMBEDDING_CONTEXT: 'path' };
    expect(refusalOf(variables)).toContain('set PALDOCS_BLOCKS_POSITION_COLUMN');
    expect(loadConfig({ ...variables, PALDOCS_BLOCKS_POSITION_COLUMN: 'position' }).tables).toMatchObject({
      context: 'path',
      blocksPosition: 'position',
    });
  });

  it.each([
    ['postgres://db/x', 'postgres://db/x'],
    ['postgresql+psycopg2://u:p@db/x', 'postgresql://u:p@db/x'],
    ['postgresql+asyncpg://u:p@db:1/x?sslmode=require', 'postgresql://u:p@db:1/x?sslmode=verify-full'],
    [' postgresql://u:p%40ss@db/x ', 'postgresql://u:p%40ss@db/x'],
    ['postgresql+psycopg2://u:p@/x?host=/run/postgresql', 'postgresql://u:p@/x?host=/run/postgresql'],
    ['postgresql+psycopg://u:p@/x?host=a:1&host=b:2', 'postgresql://u:p@/x?host=a:1&host=b:2'],
    ['postgresql://a,b/x?target_session_attrs=read-write', 'postgresql://a,b/x?target_session_attrs=read-write'],
  ])('takes the database URL %s', (given, taken) => {
    expect(loadConfig({ PALDOCS_DATABASE_URL: given }).databaseUrl).toBe(taken);
  });

  it('uses DATABASE_URL if PALDOCS_DATABASE_URL is not set', () => {
    expect(loadConfig({ DATABASE_URL: 'postgresql://other/x' }).databaseUrl).toBe('postgresql://other/x');
    expect(loadConfig({ ...REQUIRED, DATABASE_URL: 'postgresql://other/x' }).databaseUrl).toBe(URL);
    expect(loadConfig({ PALDOCS_DATABASE_URL: '', DATABASE_URL: 'postgresql://other/x' }).databaseUrl).toBe(
      'postgresql://other/x',
    );
  });

  it('uses a separate URL for the listening session', () => {
    const direct = 'postgresql://direct/x';
    expect(loadConfig({ ...REQUIRED, PALDOCS_LISTEN_DATABASE_URL: direct })).toMatchObject({
      databaseUrl: URL,
      listenDatabaseUrl: direct,
    });
  });

  it('treats an empty variable as unset, except for the instructions', () => {
    const config = loadConfig({ ...REQUIRED, PALDOCS_RETRY_LIMIT: '', PALDOCS_EMBEDDING_INSTRUCTION: '' });
    expect(config.retryLimit).toBe(5);
    expect(config.instruction).toBe('');
    expect(loadConfig(REQUIRED).instruction).toBe(DEFAULT_INSTRUCTION);
  });

  it('keeps the trailing space of an instruction', () => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_EMBEDDING_INSTRUCTION: 'passage: ' }).instruction).toBe('passage: ');
  });

  it('removes the trailing slash from the URL of Ollama', () => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_OLLAMA_URL: 'https://ollama/proxy/' }).ollamaUrl).toBe(
      'https://ollama/proxy',
    );
  });

  it('lets PALDOCS_EMBEDDING_SHORTEN be trained or any', () => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_EMBEDDING_SHORTEN: 'any' }).shorten).toBe('any');
    expect(refusalOf({ ...REQUIRED, PALDOCS_EMBEDDING_SHORTEN: 'yes' })).toContain(
      'PALDOCS_EMBEDDING_SHORTEN: "yes" is not valid: give one of trained, any',
    );
  });

  it.each([
    ['24h', '24h'],
    [' 1h30m ', '1h30m'],
    ['300ms', '300ms'],
    ['-5m', '-5m'],
    ['3600', 3600],
    ['0.5', 0.5],
    ['-1', -1],
  ])('takes PALDOCS_OLLAMA_KEEP_ALIVE=%s, a number unless it has a unit', (given, taken) => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_OLLAMA_KEEP_ALIVE: given }).ollamaKeepAlive).toBe(taken);
  });

  it.each([
    ['7d', 'is not a time that Ollama accepts: give a time such as 90s, 30m or 1h30m, a number of seconds, or'],
    ['5 min', 'is not a time that Ollama accepts'],
    ['1e3', 'is not a time that Ollama accepts'],
    ['99999999h', 'is not a time that Ollama accepts'],
    ['0', 'unloads the model after each request: give a time such as 90s'],
    ['0s', 'unloads the model after each request'],
  ])('rejects PALDOCS_OLLAMA_KEEP_ALIVE=%s: it %s', (given, problem) => {
    const message = refusalOf({ ...REQUIRED, PALDOCS_OLLAMA_KEEP_ALIVE: given });
    expect(message).toContain(`PALDOCS_OLLAMA_KEEP_ALIVE: "${given}" ${problem}`);
  });

  it('converts seconds in the environment to milliseconds', () => {
    const environment = { PALDOCS_EMBEDDING_TIMEOUT_SECONDS: '7', PALDOCS_SHUTDOWN_TIMEOUT_SECONDS: '3' };
    expect(loadConfig({ ...REQUIRED, ...environment })).toMatchObject({
      embeddingTimeoutMs: 7_000,
      shutdownTimeoutMs: 3_000,
    });
  });

  it.each([
    ['0.01', 10],
    ['0.25', 250],
    ['60', 60_000],
  ])('takes %s s as the target of a request', (value, ms) => {
    expect(loadConfig({ ...REQUIRED, PALDOCS_REQUEST_TARGET_SECONDS: value }).requestTargetMs).toBe(ms);
  });

  it.each(['0', '0.001', '61', '-1', '.', '1e1', '250 ms', 'NaN'])('rejects %s as the target of a request', (value) => {
    expect(refusalOf({ ...REQUIRED, PALDOCS_REQUEST_TARGET_SECONDS: value })).toMatch(
      /^PALDOCS_REQUEST_TARGET_SECONDS: /,
    );
  });
});

/** Every variable with a whole number, with its minimum and maximum. */
const NUMBERS: [keyof typeof VARIABLES, number, number][] = [
  ['PALDOCS_EMBEDDING_TIMEOUT_SECONDS', 1, 86_400],
  ['PALDOCS_OLLAMA_CONCURRENCY', 1, 256],
  ['PALDOCS_OPENAI_CONCURRENCY', 1, 256],
  ['PALDOCS_OPENAI_BATCH_SIZE', 1, 2_048],
  ['PALDOCS_WORKER_CONCURRENCY', 1, 256],
  ['PALDOCS_BATCH_SIZE', 1, 1_000],
  ['PALDOCS_POLL_INTERVAL_SECONDS', 1, 3_600],
  ['PALDOCS_RETRY_LIMIT', 0, 1_000],
  ['PALDOCS_RETRY_DELAY_MAX_SECONDS', 2, 86_400],
  ['PALDOCS_HEARTBEAT_SECONDS', 10, 3_600],
  ['PALDOCS_JOB_EXPIRE_SECONDS', 10, 86_400],
  ['PALDOCS_JOB_RETENTION_SECONDS', 60, 2_147_483_647],
  ['PALDOCS_JOB_RETENTION_LIMIT', 1, 2_147_483_647],
  ['PALDOCS_BACKFILL_RATE', 0, 2_147_483_647],
  ['PALDOCS_BACKFILL_BATCH_SIZE', 1, 10_000],
  ['PALDOCS_QUEUE_LIMIT', 1, 2_147_483_647],
  ['PALDOCS_HEALTH_PORT', 0, 65_535],
  ['PALDOCS_SHUTDOWN_TIMEOUT_SECONDS', 1, 3_600],
];

describe.each(NUMBERS)('%s', (name, least, most) => {
  it.each([least, most])('accepts %d', (value) => {
    expect(() => loadConfig({ ...REQUIRED, [name]: String(value) })).not.toThrow();
  });

  it.each([String(most + 1), '-1', '1.5', 'ten', '1e3', '0x10', '1_000', 'NaN', '9'.repeat(400)])(
    'rejects %s, and the error names it',
    (value) => {
      expect(refusalOf({ ...REQUIRED, [name]: value })).toMatch(new RegExp(`^${name}: `));
    },
  );
});

describe('an invalid configuration', () => {
  it.each<[string, Record<string, string>]>([
    ['PALDOCS_DATABASE_URL', {}],
    ['PALDOCS_DATABASE_URL', { PALDOCS_DATABASE_URL: 'db' }],
    ['PALDOCS_DATABASE_URL', { PALDOCS_DATABASE_URL: 'postgresql://' + 'x:y@:z' }],
    ['DATABASE_URL', { DATABASE_URL: 'sqlite:///x' }],
    ['PALDOCS_LISTEN_DATABASE_URL', { ...REQUIRED, PALDOCS_LISTEN_DATABASE_URL: 'mysql://x/y' }],
    ['PALDOCS_OLLAMA_URL', { ...REQUIRED, PALDOCS_OLLAMA_URL: 'localhost:11434' }],
    ['PALDOCS_OLLAMA_URL', { ...REQUIRED, PALDOCS_OLLAMA_URL: 'file:///etc' }],
    ['PALDOCS_EMBEDDING_MODEL', { ...REQUIRED, PALDOCS_EMBEDDING_MODEL: ' ' }],
    ['PALDOCS_LOG_LEVEL', { ...REQUIRED, PALDOCS_LOG_LEVEL: 'INFO' }],
    ['PALDOCS_PGBOSS_SCHEMA', { ...REQUIRED, PALDOCS_PGBOSS_SCHEMA: 'a"b' }],
    ['PALDOCS_QUEUE', { ...REQUIRED, PALDOCS_QUEUE: 'two words' }],
    ['PALDOCS_QUEUE', { ...REQUIRED, PALDOCS_QUEUE: 'q'.repeat(26) }],
    ['PALDOCS_QUEUE', { ...REQUIRED, PALDOCS_QUEUE: 'embed-failed' }],
    ['PALDOCS_QUEUE', { ...REQUIRED, PALDOCS_QUEUE: 'embed-pause' }],
    ['PALDOCS_BLOCKS_STATUS_COLUMN', { ...REQUIRED, PALDOCS_BLOCKS_STATUS_COLUMN: '"a' }],
    ['PALDOCS_BLOCKS_TABLE', { ...REQUIRED, PALDOCS_BLOCKS_TABLE: 'public.' }],
    ['PALDOCS_NOTES_TABLE', { ...REQUIRED, PALDOCS_NOTES_TABLE: '.' }],
    ['PALDOCS_BLOCKS_ID_COLUMN', { ...REQUIRED, PALDOCS_BLOCKS_ID_COLUMN: ' ' }],
  ])('names %s: %j', (name, environment) => {
    expect(refusalOf(environment)).toMatch(new RegExp(`^${name}: `));
  });

  it('is rejected with one line per problem', () => {
    const lines = refusalOf({ PALDOCS_BATCH_SIZE: '0', PALDOCS_LOG_LEVEL: 'x', PALDOCS_OLLAMA_URL: 'x' }).split('\n');
    expect(lines.map((line) => line.split(':')[0]).sort()).toEqual([
      'PALDOCS_BATCH_SIZE',
      'PALDOCS_DATABASE_URL',
      'PALDOCS_LOG_LEVEL',
      'PALDOCS_OLLAMA_URL',
    ]);
  });

  it.each([
    { PALDOCS_DATABASE_URL: 'postgresql://u:hush hush@:x/y' },
    { PALDOCS_DATABASE_URL: 'mysql://u:hush@db/y' },
    { DATABASE_URL: 'hush' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'ftp://u:hush@ollama' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'http://u:hush@' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'u:hush@ollama:11434' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'http://u:50%hush@ollama' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'ftp://u:hu@hush/hush@ollama' },
    { ...REQUIRED, PALDOCS_OLLAMA_URL: 'http://u:12/hush@ollama' },
    { PALDOCS_DATABASE_URL: 'postgresql://u:12/hush@db/y' },
    { PALDOCS_DATABASE_URL: 'postgresql://u:12?hush@db/y' },
    { PALDOCS_DATABASE_URL: 'postgresql://u:12#hush@db/y' },
  ])('is rejected without showing passwords: %j', (environment) => {
    expect(refusalOf(environment)).not.toContain('hush');
  });
});

describe('the query instruction', () => {
  const ofQueries = (variables: Record<string, string>) => loadConfig({ ...REQUIRED, ...variables }).queryInstruction;

  it.each([
    ['multilingual-e5-large', 'query: '],
    ['all-minilm', ''],
    ['nobody-knows-it', ''],
  ])('is the query form of the model, and empty for unknown models: %s', (PALDOCS_EMBEDDING_MODEL, form) => {
    expect(ofQueries({ PALDOCS_EMBEDDING_MODEL })).toBe(form);
  });

  it.each(['', 'Look for: '])('is the given text, even if it is empty: %j', (form) => {
    expect(ofQueries({ PALDOCS_EMBEDDING_QUERY_INSTRUCTION: form })).toBe(form);
  });
});

describe('docs/configuration.md', () => {
  it('has a row for every variable, and for no other', () => {
    const page = readFileSync(new globalThis.URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `PALDOCS_'));
    const named = rows.flatMap((row) => row.split('|')[1]?.match(/PALDOCS_[A-Z_]+/g) ?? []);
    expect(named.sort()).toEqual(Object.keys(VARIABLES).sort());
  });
});
