import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf, readCall, type Call } from './call.js';
import type { Connections } from './connections.js';
import type { Effect } from './effect.js';
import {
  bytesOf,
  hangUpSignal,
  jsonAnswer,
  JSON_TYPE,
  readBody,
  send,
  sendHalf,
  TEXT_TYPE,
  type Answer,
} from './exchange.js';
import type { Fault, Faults } from './faults.js';
import { modelNotFound, type EmbedFault, type Ollama } from './ollama.js';
import { isOpenAi, openAiError, type OpenAi } from './openai.js';
import { sleepUntil, unlessHungUp } from './hang-up.js';
import { HungUp, Refusal } from './refusal.js';
import type { RequestLog, RequestRecord, RequestState } from './request-log.js';

/** Events in the life of a request. */
export type FrontEvent = 'request' | 'hanging' | 'settled';

/** Serves Ollama's and OpenAI's HTTP APIs, applies the fault rules, and writes the request log. */
export class Front {
  readonly #ollama: Ollama;
  readonly #openAi: OpenAi;
  readonly #faults: Faults;
  readonly #log: RequestLog;
  readonly #connections: Connections;
  readonly #recordTexts: boolean;
  readonly #emit: (event: FrontEvent, record: RequestRecord) => void;
  #hanging = 0;

  constructor(parts: {
    ollama: Ollama;
    openAi: OpenAi;
    faults: Faults;
    log: RequestLog;
    connections: Connections;
    recordTexts: boolean;
    emit: (event: FrontEvent, record: RequestRecord) => void;
  }) {
    this.#ollama = parts.ollama;
    this.#openAi = parts.openAi;
    this.#faults = parts.faults;
    this.#log = parts.log;
    this.#connections = parts.connections;
    this.#recordTexts = parts.recordTexts;
    this.#emit = parts.emit;
  }

  /** How many requests hang because of a rule. */
  get hanging(): number {
    return this.#hanging;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const record = this.#log.begin(request.method ?? 'GET', path);
    const early = this.#faults.onArrival({ endpoint: path, texts: [] });
    if (early !== undefined) {
      record.faults = [early.rule.name];
      return this.#drop(request, record);
    }
    const signal = hangUpSignal(response);
    const end = EMBED.includes(path) ? this.#connections.beginEmbedding(request.socket) : () => undefined;
    try {
      const call = readCall(record, await readBody(request), request.headers.authorization);
      await this.#answer(call, record, request, response, signal);
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
      this.#finish(record, 'hung-up', undefined);
    } finally {
      end();
    }
  }

  async #answer(
    call: Call,
    record: RequestRecord,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#recordTexts) record.recordedTexts = call.texts;
    const applied = this.#faults.onRequest({ endpoint: record.path, texts: call.texts });
    record.faults = applied.map((fault) => fault.rule.name);
    this.#emit('request', record);

    const fault = await this.#passDelays(applied, signal);
    const effect = fault?.rule.effect;
    // Read now: a test that sees the request hang may release it before we begin to wait.
    const released = fault?.released ?? Promise.resolve();
    if (effect?.kind === 'hang' && effect.when === 'before-answer') {
      await this.#hang(record, () => unlessHungUp(released, signal));
    }
    if (effect?.kind === 'drop' && effect.when === 'after-reading') return this.#drop(request, record);

    const answer = (effect && replacement(effect, call)) ?? (await this.#route(call, fault, signal));
    if (signal.aborted) throw new HungUp();
    if (this.#connections.isSwallowed(request.socket)) return this.#finish(record, 'swallowed', undefined);
    if ((effect?.kind === 'drop' || effect?.kind === 'hang') && effect.when === 'mid-answer') {
      const half = () => sendHalf(response, answer, effect, released, signal);
      const whole = effect.kind === 'hang' ? await this.#hang(record, half) : await half();
      if (!whole) return this.#finish(record, 'dropped', undefined);
    } else {
      send(response, effect?.kind === 'truncate' ? truncated(answer) : answer);
    }
    record.embedded = isEmbedding(call, answer.status, effect);
    this.#finish(record, 'answered', answer.status);
  }

  async #passDelays(applied: readonly Fault[], signal: AbortSignal): Promise<Fault | undefined> {
    for (const fault of applied) {
      if (fault.rule.effect.kind !== 'delay') return fault;
      await sleepUntil(performance.now() + fault.rule.effect.ms, signal);
    }
    return undefined;
  }

  async #hang<T>(record: RequestRecord, wait: () => Promise<T>): Promise<T> {
    this.#hanging++;
    this.#emit('hanging', record);
    try {
      return await wait();
    } finally {
      this.#hanging--;
    }
  }

  async #route(call: Call, fault: Fault | undefined, signal: AbortSignal): Promise<Answer> {
    const methods = ROUTES[call.path];
    if (methods === undefined) return { status: 404, body: '404 page not found', headers: TEXT_TYPE };
    if (!methods.includes(call.method)) return { status: 405, body: '405 method not allowed', headers: TEXT_TYPE };
    if (call.path === '/') return { status: 200, body: 'Ollama is running', headers: TEXT_TYPE };
    try {
      return { status: 200, body: await this.#perform(call, fault, signal), headers: JSON_TYPE };
    } catch (error) {
      if (error instanceof HungUp) throw error;
      const { status, message, code } =
        error instanceof Refusal
          ? error
          : { status: 500, message: error instanceof Error ? error.message : String(error), code: undefined };
      return jsonAnswer(status, errorBody(call, status, message, code));
    }
  }

  #perform(call: Call, fault: Fault | undefined, signal: AbortSignal): Answer['body'] | Promise<Answer['body']> {
    const hidden = fault?.rule.effect.kind === 'no-model';
    const embedFault: EmbedFault | undefined = fault && { effect: fault.rule.effect, text: fault.rule.text };
    if (isOpenAi(call.path)) return this.#openAi.perform(call, embedFault, hidden, signal);
    if (call.path === '/api/version') return this.#ollama.version();
    if (call.path === '/api/tags') return this.#ollama.tags(hidden);
    if (call.path === '/api/ps') return this.#ollama.ps(hidden);
    if (call.bodyError !== undefined) throw new Refusal(400, call.bodyError);
    if (call.path === '/api/show') {
      if (hidden) throw new Refusal(404, `model '${call.model}' not found`);
      return this.#ollama.show(call.body);
    }
    if (hidden) throw modelNotFound(call.model);
    return this.#ollama.embed(call.body, embedFault, signal);
  }

  #drop(request: IncomingMessage, record: RequestRecord): void {
    request.socket.resetAndDestroy();
    this.#finish(record, 'dropped', undefined);
  }

  #finish(record: RequestRecord, state: Exclude<RequestState, 'in-flight'>, status: number | undefined): void {
    this.#log.finish(record, state, status);
    this.#emit('settled', record);
  }
}

const EMBED: readonly string[] = ['/api/embed', '/v1/embeddings'];

const ROUTES: Readonly<Record<string, readonly string[] | undefined>> = {
  '/': ['GET', 'HEAD'],
  '/api/version': ['GET', 'HEAD'],
  '/api/tags': ['GET', 'HEAD'],
  '/api/ps': ['GET'],
  '/api/show': ['POST'],
  '/api/embed': ['POST'],
  '/v1/models': ['GET'],
  '/v1/embeddings': ['POST'],
};

/** The answer that an effect sends instead of the real one, if it does. */
function replacement(effect: Effect, call: Call): Answer | undefined {
  switch (effect.kind) {
    case 'status': {
      const headers = { ...JSON_TYPE, ...effect.headers };
      const error = errorBody(call, effect.status, effect.error ?? `status ${effect.status}`, effect.code);
      const body = effect.body ?? JSON.stringify(error);
      return { status: effect.status, headers, body: body.replaceAll('{model}', call.model) };
    }
    case 'garbage':
      return { status: 200, headers: JSON_TYPE, body: effect.body };
    default:
      return undefined;
  }
}

function errorBody(call: Call, status: number, message: string, code: string | undefined): object {
  return isOpenAi(call.path) ? openAiError(status, message, code) : { error: message };
}

function truncated(answer: Answer): Answer {
  const bytes = bytesOf(answer);
  return { ...answer, body: [bytes.subarray(0, Math.floor(bytes.length / 2))] };
}

function isEmbedding(call: Call, status: number, effect: Effect | undefined): boolean {
  const isWrong = effect?.kind === 'garbage' || effect?.kind === 'truncate' || effect?.kind === 'vectors';
  return EMBED.includes(call.path) && status === 200 && call.texts.length > 0 && !isWrong;
}
