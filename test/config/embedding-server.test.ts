import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddingServer } from '../../src/config/embedding-server.js';
import { loadConfig } from '../../src/config/config.js';
import { refusalOf } from '../support/config-refusal.js';

const DATABASE = { PALDOCS_DATABASE_URL: 'postgresql://db/x' };
const OPENAI = { ...DATABASE, PALDOCS_EMBEDDING_PROVIDER: 'openai', PALDOCS_EMBEDDING_MODEL: 'bge-m3' };
const URL = { PALDOCS_OPENAI_URL: 'http://vllm:8000' };

const serverFrom = (environment: Record<string, string>) => embeddingServer(loadConfig(environment));
describe('the embedding server', () => {
  it('is Ollama by default, whatever else is set', () => {
    expect(serverFrom({ ...DATABASE, ...URL })).toEqual({
      kind: 'ollama',
      url: 'http://ollama.ollama.svc.cluster.local:11434',
      ca: undefined,
      token: undefined,
      model: 'qwen3-embedding:4b',
      shorten: 'trained',
      timeoutMs: 300_000,
      concurrency: 2,
      maxTexts: Infinity,
    });
  });

  it('is an OpenAI-compatible server if PALDOCS_EMBEDDING_PROVIDER says so', () => {
    expect(serverFrom({ ...OPENAI, ...URL, PALDOCS_OLLAMA_TOKEN: 'other', PALDOCS_OLLAMA_CONCURRENCY: '7' })).toEqual({
      kind: 'openai',
      url: 'http://vllm:8000/v1',
      ca: undefined,
      token: undefined,
      model: 'bge-m3',
      shorten: 'trained',
      timeoutMs: 300_000,
      concurrency: 4,
      maxTexts: 32,
    });
  });

  it.each([
    ['ollama', '24h'],
    ['openai', undefined],
  ])('is asked to keep the model loaded only if it is Ollama: %s', (kind, keepAlive) => {
    const environment = { ...OPENAI, ...URL, PALDOCS_EMBEDDING_PROVIDER: kind, PALDOCS_OLLAMA_KEEP_ALIVE: '24h' };
    expect(serverFrom(environment).keepAlive).toBe(keepAlive);
  });

  it('gets its key from a variable, or from a file that is read for each use', async () => {
    expect(serverFrom({ ...OPENAI, ...URL, PALDOCS_OPENAI_API_KEY: 'k3y' }).token?.()).toBe('k3y');
    const directory = await mkdtemp(join(tmpdir(), 'embedding-worker-key-'));
    const path = join(directory, 'key');
    await writeFile(path, 'one\n');
    const { token } = serverFrom({ ...OPENAI, ...URL, PALDOCS_OPENAI_API_KEY_FILE: path });
    expect(token?.()).toBe('one');
    await writeFile(path, 'two\n');
    expect(token?.()).toBe('two');
    await rm(directory, { recursive: true });
  });
});

describe('PALDOCS_OPENAI_URL', () => {
  it.each([
    ['http://vllm:8000', 'http://vllm:8000/v1'],
    ['http://vllm:8000/', 'http://vllm:8000/v1'],
    ['http://vllm:8000/v1', 'http://vllm:8000/v1'],
    ['http://vllm:8000/v1/', 'http://vllm:8000/v1'],
    ['http://vllm:8000/v1/embeddings', 'http://vllm:8000/v1'],
    ['https://gateway/vllm', 'https://gateway/vllm/v1'],
    ['https://gateway/vllm/v1', 'https://gateway/vllm/v1'],
    ['https://host/api/v3', 'https://host/api/v3'],
    ['https://host/v1beta/openai/', 'https://host/v1beta/openai'],
    ['https://host/vector', 'https://host/vector/v1'],
    [' https://u:p%40ss@host ', 'https://u:p%40ss@host/v1'],
  ])('may include the version or leave it out: %s', (given, taken) => {
    expect(serverFrom({ ...OPENAI, PALDOCS_OPENAI_URL: given }).url).toBe(taken);
  });
});

describe('an invalid embedding server', () => {
  it.each<[string, string, Record<string, string>]>([
    ['PALDOCS_EMBEDDING_PROVIDER', 'give one of ollama, openai', { ...DATABASE, PALDOCS_EMBEDDING_PROVIDER: 'vllm' }],
    ['PALDOCS_OPENAI_URL', 'is not set', OPENAI],
    ['PALDOCS_EMBEDDING_MODEL', 'is not set', { ...DATABASE, ...URL, PALDOCS_EMBEDDING_PROVIDER: 'openai' }],
    ['PALDOCS_OPENAI_URL', 'is not a URL', { ...OPENAI, PALDOCS_OPENAI_URL: 'http://u:hush@' }],
    ['PALDOCS_OPENAI_URL', 'is not an http:// or https:// URL', { ...OPENAI, PALDOCS_OPENAI_URL: 'ftp://u:hush@x' }],
    ['PALDOCS_OPENAI_URL', 'has a query or a fragment', { ...OPENAI, PALDOCS_OPENAI_URL: 'https://x/v1?key=hush' }],
    ['PALDOCS_OPENAI_API_KEY', 'is not a token', { ...OPENAI, ...URL, PALDOCS_OPENAI_API_KEY: 'hush hush' }],
    [
      'PALDOCS_OPENAI_API_KEY_FILE',
      'cannot be read (ENOENT)',
      { ...OPENAI, ...URL, PALDOCS_OPENAI_API_KEY_FILE: '/nowhere/key' },
    ],
    [
      'PALDOCS_OPENAI_API_KEY',
      'PALDOCS_OPENAI_URL already contains a user and a password',
      { ...OPENAI, PALDOCS_OPENAI_URL: 'https://u:hush@x', PALDOCS_OPENAI_API_KEY: 'hush' },
    ],
    [
      'PALDOCS_OPENAI_CA_FILE',
      '/nowhere/ca cannot be read',
      { ...OPENAI, ...URL, PALDOCS_OPENAI_CA_FILE: '/nowhere/ca' },
    ],
    ['PALDOCS_OPENAI_BATCH_SIZE', 'is out of range', { ...OPENAI, ...URL, PALDOCS_OPENAI_BATCH_SIZE: '2049' }],
    ['PALDOCS_OPENAI_CONCURRENCY', 'is out of range', { ...OPENAI, ...URL, PALDOCS_OPENAI_CONCURRENCY: '0' }],
  ])('is rejected with the name of %s: it %s', (variable, problem, environment) => {
    const message = refusalOf(environment);
    expect(message).toMatch(new RegExp(`^${variable}: [^\\n]*$`));
    expect(message).toContain(problem);
    expect(message).not.toContain('hush');
  });
});
