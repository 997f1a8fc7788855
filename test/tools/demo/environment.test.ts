import { demoEnvironment } from '../../../tools/demo/environment.js';

const PLATFORM = {
  PALDOCS_BLOCKS_TABLE: 'api.blocks',
  PALDOCS_NOTES_TABLE: 'api.notes',
  PALDOCS_BLOCKS_ID_COLUMN: 'block_id',
  PALDOCS_NOTES_TITLE_COLUMN: 'name',
  PALDOCS_PGBOSS_SCHEMA: 'api_queue',
};

test('uses the embedded database and the stand-in by default', () => {
  const { config, schemas, usesStandIn } = demoEnvironment({});
  expect({ schemas, usesStandIn }).toEqual({ schemas: undefined, usesStandIn: true });
  expect(config).toMatchObject({ healthPort: 0, logLevel: 'warn', names: { schema: 'pgboss' } });
});

test('does not use the server in DATABASE_URL, which may not be meant for it', () => {
  expect(demoEnvironment({ DATABASE_URL: 'postgresql://db/production', PALDOCS_DATABASE_URL: '' }).schemas).toBe(
    undefined,
  );
});

test('never uses the platform’s tables, columns or queue, whatever the variables say', () => {
  const { config, schemas } = demoEnvironment({ ...PLATFORM, PALDOCS_DATABASE_URL: 'postgresql://db/production' });
  expect(schemas?.tables).toMatch(/^embedding_demo_[0-9a-f]{8}$/);
  expect(config.tables).toEqual({
    blocksTable: `${schemas?.tables}.blocks`,
    notesTable: `${schemas?.tables}.notes`,
    blocksId: 'id',
    blocksNoteId: 'note_id',
    blocksType: 'block_type',
    blocksContent: 'content',
    blocksEmbedding: 'embedding',
    blocksStatus: 'embedding_status',
    notesId: 'id',
    notesTitle: 'title',
    context: 'headings',
  });
  expect(config.names.schema).toBe(schemas?.queue);
  expect(config.databaseUrl).toBe('postgresql://db/production');
});

test('gives each demo its own schemas', () => {
  const environment = { PALDOCS_DATABASE_URL: 'postgresql://db/shared' };
  expect(demoEnvironment(environment).schemas).not.toEqual(demoEnvironment(environment).schemas);
});

test('uses the given model with a given Ollama, and the default model with the stand-in', () => {
  const given = { PALDOCS_EMBEDDING_MODEL: 'nomic-embed-text', PALDOCS_EMBEDDING_INSTRUCTION: '' };
  expect(demoEnvironment({ ...given, PALDOCS_OLLAMA_URL: 'http://ollama:11434' })).toMatchObject({
    usesStandIn: false,
    config: { model: 'nomic-embed-text', instruction: '', ollamaUrl: 'http://ollama:11434' },
  });
  expect(demoEnvironment(given)).toMatchObject({ usesStandIn: true, config: { model: 'qwen3-embedding:4b' } });
  expect(demoEnvironment(given).config.instruction).not.toBe('');
});
