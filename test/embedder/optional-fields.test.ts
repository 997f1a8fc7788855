import { embedOnce } from '../../src/embedder/embed-once.js';
import type { ProviderKind } from '../../src/embedder/dialect.js';
import { openProvider } from '../../src/embedder/open-provider.js';
import { startModelServer, type ModelAnswer, type ModelRequest, type ModelServer } from '../support/model-server.js';

const DIMENSIONS = 8;
const FIELDS = ['dimensions', 'encoding_format', 'keep_alive', 'truncate'];

describe('a field that a server refuses', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(
    kind: ProviderKind,
    answer: (request: ModelRequest) => ModelAnswer | undefined,
  ): Promise<{ server: ModelServer; embed: (text: string) => Promise<Float32Array[]> }> {
    const server = await startModelServer(answer);
    const model = 'qwen3-embedding:4b';
    const limits = { timeoutMs: 5_000, connections: 1, maxTexts: 32 };
    const provider = openProvider({ kind, url: server.url, model, keepAlive: '24h', ...limits });
    closing.push(
      () => server.stop(),
      () => {
        provider.close();
      },
    );
    const options = { provider, model, dimensions: DIMENSIONS, instruction: '', signal: AbortSignal.timeout(10_000) };
    return { server, embed: (text) => embedOnce(options, [text]) };
  }
  const sentFields = ({ requests }: ModelServer) =>
    requests.map(({ body }) => FIELDS.filter((field) => field in body).join(' '));

  it.each<[ProviderKind, string, number, unknown]>([
    ...[400, 404, 405, 415, 422, 500, 501].map((status): [ProviderKind, string, number, unknown] => [
      'openai',
      'dimensions',
      status,
      { error: { message: 'Setting dimensions is not supported' } },
    ]),
    ['openai', 'dimensions', 500, { error: "TypeError: encode() got an unexpected keyword argument 'dimensions'" }],
    ['openai', 'dimensions', 500, { error: { message: 'Internal error', param: 'dimensions' } }],
    ['openai', 'dimensions', 500, 'Internal Server Error: dimensions'],
    ['openai', 'dimensions', 400, { message: '{"detail":[{"loc":["body","dimensions"],"msg":"no"}]}' }],
    ['openai', 'dimensions', 400, { errors: { dimensions: ['is not allowed'] } }],
    ['openai', 'dimensions', 422, { errors: [{ field: 'dimensions', code: 'unknown' }] }],
    ['openai', 'dimensions', 400, { error: { message: 'no', param: 'dimensions', code: 'context_length_exceeded' } }],
    [
      'openai',
      'encoding_format',
      422,
      {
        message: {
          detail: [{ type: 'extra_forbidden', loc: ['body', 'encoding_format'], msg: 'Extra inputs', input: 'x' }],
        },
      },
    ],
    ['openai', 'encoding_format', 400, { detail: "extra fields not permitted: ['encoding_format']" }],
    ['openai', 'encoding_format', 500, { error: 'litellm.UnsupportedParamsError: encoding_format' }],
    ['openai', 'encoding_format', 400, { detail: 'extra fields not permitted' }],
    ['ollama', 'dimensions', 400, { error: 'json: unknown field "dimensions"' }],
    ['ollama', 'dimensions', 500, { error: 'dimensions is not supported by this model' }],
    ['ollama', 'truncate', 400, { error: 'unknown field "truncate"' }],
    ['ollama', 'keep_alive', 400, { error: 'json: unknown field "keep_alive"' }],
    ['ollama', 'keep_alive', 422, { detail: [{ loc: ['body', 'keep_alive'], msg: 'Input should be a valid number' }] }],
    ['ollama', 'keep_alive', 500, { error: 'keepAlive is not supported' }],
    ['ollama', 'keep_alive', 400, { detail: 'extra fields not permitted' }],
    ['ollama', 'truncate', 422, { detail: [{ loc: ['body', 'truncate'], msg: 'Extra inputs are not permitted' }] }],
  ])('is never sent again: %s, %s, %i %j', async (kind, field, status, body) => {
    const { server, embed } = await serve(kind, ({ body: sent }) => (field in sent ? { status, body } : undefined));
    await embed('a text');
    await embed('another');
    const all = kind === 'openai' ? ['dimensions', 'encoding_format'] : ['dimensions', 'keep_alive', 'truncate'];
    const rest = all.filter((name) => name !== field).join(' ');
    const [first = '', ...others] = sentFields(server);
    expect(first.split(' ').sort()).toEqual(all);
    expect(others).toEqual([rest, rest]);
  });

  it.each<[ProviderKind]>([['openai'], ['ollama']])(
    'is left out together with the others if %s refuses them all',
    async (kind) => {
      const { server, embed } = await serve(kind, ({ body }) =>
        FIELDS.some((field) => field in body) ? { status: 400, body: { error: 'unsupported parameters' } } : undefined,
      );
      await embed('a text');
      expect(sentFields(server).at(-1)).toBe('');
    },
  );

  it.each<[string, number, string]>([
    ['the text', 400, 'there are dimensions in this text'],
    ['a tensor', 500, 'CUDA error: tensor dimensions mismatch'],
    ['a crash', 500, 'expected 2 dimensions'],
    ['the client', 401, 'no dimensions for you'],
    ['the rate limit', 429, 'too many dimensions'],
  ])('is not one that an error mentions for another reason: %s, %i "%s"', async (_, status, error) => {
    const { server, embed } = await serve('openai', ({ texts }) =>
      texts.includes('bad') ? { status, body: { error } } : undefined,
    );
    await expect(embed('bad')).rejects.toBeInstanceOf(Error);
    await embed('good');
    expect(sentFields(server).at(-1)).toBe('dimensions encoding_format');
  });

  it('is not keep_alive if an error is about keep-alive connections', async () => {
    const { server, embed } = await serve('ollama', ({ texts }) =>
      texts.includes('bad') ? { status: 502, body: 'upstream closed the keep-alive connection' } : undefined,
    );
    await expect(embed('bad')).rejects.toBeInstanceOf(Error);
    await embed('good');
    expect(sentFields(server)).toEqual(['dimensions keep_alive truncate', 'dimensions keep_alive truncate']);
  });

  it('is not one that an error advises us to set, such as truncate', async () => {
    const { server, embed } = await serve('ollama', ({ body }) =>
      body['truncate'] === false
        ? { status: 400, body: { error: 'input exceeds maximum context length: set truncate to true' } }
        : undefined,
    );
    await expect(embed('a text')).rejects.toMatchObject({ code: 'OLLAMA_CONTEXT_LENGTH' });
    expect(server.requests).toHaveLength(1);
  });
});
