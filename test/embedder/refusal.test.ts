import { readRefusal, withoutQuotes } from '../../src/embedder/openai-refusal.js';

describe('what a server says in an error', () => {
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
    ['nobody', { error: {} }, 'no message', ''],
    ['nobody', { error: null }, 'no message', ''],
    ['nobody', {}, 'no message', ''],
    ['nobody', [], 'no message', ''],
    ['nobody', 'no', 'no message', ''],
    ['nobody', undefined, 'no message', ''],
  ])('is read in the shape of %s: %j', (_, body, message, codes) => {
    expect(readRefusal(body)).toEqual({ message, codes });
  });
});

describe('what is shown of it', () => {
  it.each([
    ['This model does not support that', 'This model does not support that'],
    ['Received sk-proj-ab12_3*****9.', 'Received ***'],
    ["[{'loc': ('body',), 'input': {'x': 'y'}}]", "[{'loc': ('body',), 'input': […]"],
    ["bad [input_value='ab\\ncd', x]", 'bad [input_value= […]'],
  ])('holds no quotation: %s', (message, shown) => {
    expect(withoutQuotes(message)).toBe(shown);
  });
});
