import type { Call } from './call.js';
import { countTokens } from './context.js';
import type { EmbedFault, Ollama } from './ollama.js';
import type { StandInOptions } from './options.js';
import { Refusal } from './refusal.js';
import { base64Of } from './vector-json.js';

export function isOpenAi(path: string): boolean {
  return path.startsWith('/v1/');
}

/** The OpenAI API for the same model. Its options imitate servers that implement the API in part. */
export class OpenAi {
  readonly #ollama: Ollama;
  readonly #options: StandInOptions;

  constructor(ollama: Ollama, options: StandInOptions) {
    this.#ollama = ollama;
    this.#options = options;
  }

  /** @throws Refusal, HungUp */
  async perform(call: Call, fault: EmbedFault | undefined, hidden: boolean, signal: AbortSignal): Promise<string> {
    const { apiKey, model, chatModel } = this.#options;
    if (apiKey !== undefined && call.authorization !== `Bearer ${apiKey}`) {
      // Like OpenAI for short keys, and other servers for all keys, this repeats the key.
      const given = call.authorization?.replace(/^Bearer /, '') ?? '';
      throw new Refusal(401, `Incorrect API key provided: ${given}.`, 'invalid_api_key');
    }
    if (call.path === '/v1/models') {
      const names = hidden ? [chatModel] : [model, chatModel];
      return JSON.stringify({ object: 'list', data: names.map((id) => ({ id, object: 'model' })) });
    }
    if (call.bodyError !== undefined) throw new Refusal(400, call.bodyError);
    if (hidden) throw new Refusal(404, `The model \`${call.model}\` does not exist.`, 'model_not_found');
    return await this.#embed(call, fault, signal);
  }

  async #embed({ body, model, texts }: Call, fault: EmbedFault | undefined, signal: AbortSignal): Promise<string> {
    const { refuseDimensions, ignoreBase64, maxBatch, reverse } = this.#options;
    const { input, dimensions, encoding_format: encoding = 'float' } = body;
    if (texts.length === 0 || texts.some((text) => text === '') || texts.length !== [input].flat().length) {
      throw new Refusal(400, "'$.input' is invalid. Please check the API reference.");
    }
    if (dimensions !== undefined && refuseDimensions) {
      const change = 'changing output dimensions will lead to poor results.';
      throw new Refusal(400, `Model "${model}" does not support matryoshka representation, ${change}`);
    }
    if (dimensions !== undefined && !(Number.isInteger(dimensions) && Number(dimensions) > 0)) {
      throw new Refusal(400, "Invalid 'dimensions': integer below minimum value.");
    }
    if (encoding !== 'float' && encoding !== 'base64') throw new Refusal(400, "Invalid value for 'encoding_format'.");
    if (texts.length > maxBatch) {
      throw new Refusal(422, `batch size ${texts.length} > maximum allowed batch size ${maxBatch}`, 'Validation');
    }

    const request = { model, texts, dimensions: Number(dimensions ?? 0), truncate: false };
    const vectors = await this.#ollama.embedEach(
      { ...request, optionsKey: '{}', keepAliveMs: undefined },
      fault,
      signal,
    );
    const embeddings = encoding === 'base64' && !ignoreBase64 ? vectors.map((json) => `"${base64Of(json)}"`) : vectors;
    const data = embeddings.map(
      (embedding, index) => `{"object":"embedding","index":${index},"embedding":${embedding}}`,
    );
    const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
    return (
      `{"object":"list","data":[${(reverse ? data.toReversed() : data).join(',')}],"model":${JSON.stringify(model)}` +
      `,"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`
    );
  }
}

/** The body of an error answer. */
export function openAiError(status: number, message: string, code?: string): object {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param: null, code: code ?? null } };
}
