/** How an answer's vectors are spoilt; the JSON stays well-formed but for `nan-literal`. */
export const VECTOR_CHANGES = [
  'none-at-all',
  'too-few',
  'too-many',
  'wrong-dimension',
  'zero',
  'unnormalised',
  'null-value',
  'nan-literal',
  'infinite-value',
  'reordered',
] as const;
export type VectorChange = (typeof VECTOR_CHANGES)[number];

/** What a fault rule does to a request. */
export type Effect =
  /** Answers with this status: the API's error shape, or a body as it stands. `{model}` becomes the request's model. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly error?: string;
      /** Beside the error, in the OpenAI API. */
      readonly code?: string;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The runner dies of the request: a 400 with this message; the model is to be loaded anew. */
  | {
      readonly kind: 'crash';
      readonly error: string;
      /** Whether the requests that run and wait at that moment die with it, as they do in Ollama. */
      readonly collateral?: boolean;
    }
  /** No answer, or half of one, until released or hung up. */
  | { readonly kind: 'hang'; readonly when: 'before-answer' | 'mid-answer' }
  /** Waits, then goes on to the other rules. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Resets the connection. */
  | { readonly kind: 'drop'; readonly when: 'on-arrival' | 'after-reading' | 'mid-answer' }
  /** Stops listening and drops all connections, until the rule is removed. */
  | { readonly kind: 'refuse' }
  /** Answers 200 with this body. */
  | { readonly kind: 'garbage'; readonly body: string }
  /** Answers 200 with the first half of the JSON, whole as HTTP. */
  | { readonly kind: 'truncate' }
  /** Answers 200 with vectors that must not be believed. */
  | { readonly kind: 'vectors'; readonly change: VectorChange }
  /** The model is gone: 404 from embed and show, absent from tags. */
  | { readonly kind: 'no-model' };

export const EFFECT_KINDS = [
  'status',
  'crash',
  'hang',
  'delay',
  'drop',
  'refuse',
  'garbage',
  'truncate',
  'vectors',
  'no-model',
] as const satisfies readonly Effect['kind'][];
