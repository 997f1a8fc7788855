import { readErrorBody, readErrorValue, withoutQuotes } from '../../src/embedder/error-body.js';

describe('an error in JSON', () => {
  it.each<[string, unknown, string, string]>([
    [
      'OpenAI',
      { error: { message: 'no', type: 'invalid_request_error', param: 'dimensions', code: 'bad' } },
      'no',
      'bad invalid_request_error dimensions',
    ],
    [
      'vLLM before 0.10',
      { object: 'error', message: 'no', type: 'BadRequestError', param: null, code: 400 },
      'no',
      'BadRequestError',
    ],
    ['TEI', { error: 'no', error_type: 'Validation' }, 'no', 'Validation'],
    ['TEI with OpenAI’s API', { message: 'no', code: 422, type: 'Validation' }, 'no', 'Validation'],
    ['Ollama', { error: { message: 'no', type: 'api_error', param: null, code: null } }, 'no', 'api_error'],
    ['FastAPI', { detail: 'no' }, 'no', ''],
    ['a proxy', { detail: { message: 'no', code: 'x' } }, 'no', 'x'],
    [
      'Pydantic',
      { detail: [{ loc: ['body', 'dimensions'], msg: 'Extra inputs are not permitted', input: 'secret' }] },
      'body.dimensions: Extra inputs are not permitted',
      '',
    ],
    [
      'Mistral',
      {
        object: 'error',
        message: {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', 'encoding_format'],
              msg: 'Extra inputs are not permitted',
              input: 'base64',
            },
          ],
        },
        type: 'invalid_request_error',
        code: null,
      },
      'body.encoding_format: Extra inputs are not permitted',
      'invalid_request_error extra_forbidden',
    ],
    [
      'Gemini',
      [
        {
          error: {
            code: 400,
            message: 'no',
            status: 'INVALID_ARGUMENT',
            details: [{ fieldViolations: [{ field: 'dimensions', description: 'unknown' }] }],
          },
        },
      ],
      'no; dimensions: unknown',
      'INVALID_ARGUMENT',
    ],
    [
      'Azure',
      { error: { code: 'BadRequest', message: 'no', details: [{ code: 'x', target: 'y', message: 'yes' }] } },
      'no; yes',
      'BadRequest x',
    ],
    ['JSON:API', { errors: [{ title: 'no', source: { pointer: '/dimensions' } }] }, '/dimensions: no', ''],
    ['Rails', { errors: { dimensions: ['is not allowed'] } }, 'dimensions: is not allowed', ''],
    [
      'express-openapi',
      { message: 'no', errors: [{ path: '/body/dimensions', message: 'yes' }] },
      'no; /body/dimensions: yes',
      '',
    ],
    ['Spring', { status: 500, error: 'Internal Server Error', path: '/v1/embeddings' }, 'Internal Server Error', ''],
    [
      'a proxy that repeats another',
      { error: { message: '{"error": {"message": "no", "param": "dimensions"}}', type: 'upstream' } },
      'no',
      'upstream dimensions',
    ],
    [
      'a server that names only the field',
      { detail: [{ type: 'missing', loc: ['body', 'x'] }] },
      'no message',
      'missing body.x',
    ],
    ['a server that repeats the request', { error: 'no', input: ['secret'], request: { message: 'secret' } }, 'no', ''],
    ['no known server', { error: {} }, 'no message', ''],
    ['no known server', { error: null }, 'no message', ''],
    ['no known server', {}, 'no message', ''],
    ['no known server', [], 'no message', ''],
    ['no known server', 'no', 'no message', ''],
    ['no known server', undefined, 'no message', ''],
  ])('is read in the format of %s: %j', (_, body, message, codes) => {
    expect(readErrorValue(body)).toEqual({ message, codes });
  });
});

describe('an error that is not JSON', () => {
  it.each([
    [
      '<html>\n<head><title>413 Request Entity Too Large</title></head>\n<body><h1>413 Request Entity Too Large</h1></body></html>',
      '413 Request Entity Too Large',
    ],
    ['<h1>Bad</h1>\n<p>Gateway</p>', 'Bad Gateway'],
    ['404 page not found\n', '404 page not found'],
    ['', 'no message'],
    [' ', 'no message'],
  ])('is read: %j', (page, message) => {
    expect(readErrorBody(Buffer.from(page))).toEqual({ message, codes: '' });
  });

  it('is read at both ends if it is long', () => {
    const { message } = readErrorBody(Buffer.from(`no ${'x'.repeat(5_000_000)} end`));
    expect(message).toMatch(/^no x+ … x+ end$/);
    expect(message.length).toBeLessThan(30_000);
  });
});

describe('the message shown', () => {
  it.each([
    ['This model does not support that', 'This model does not support that'],
    ['Received sk-proj-ab12_3*****9.', 'Received ***'],
    ["[{'loc': ('body',), 'input': {'x': 'y'}}]", "[{'loc': ('body',), 'input': […]"],
    ["bad [input_value='ab\\ncd', x]", 'bad [input_value= […]'],
  ])('contains no quotation: %s', (message, shown) => {
    expect(withoutQuotes(message)).toBe(shown);
  });
});
