/** Ways to make an answer's vectors wrong. The JSON stays well-formed, except with `nan-literal`. */
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
  /** Answers with this status, and with the API's error format or the given body. `{model}` becomes the request's model. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly error?: string;
      /** The error's code, in the OpenAI API. */
      readonly code?: string;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The runner crashes: a 400 with this message, and the model has to be loaded again. */
  | {
      readonly kind: 'crash';
      readonly error: string;
      /** Whether running and waiting requests fail with it, as in Ollama. */
      readonly collateral?: boolean;
    }
  /** No answer, or half of one, until the rule is released or the client hangs up. */
  | { readonly kind: 'hang'; readonly when: 'before-answer' | 'mid-answer' }
  /** Waits, then applies the other rules. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Resets the connection. */
  | { readonly kind: 'drop'; readonly when: 'on-arrival' | 'after-reading' | 'mid-answer' }
  /** Stops listening and closes all connections until the rule is removed. */
  | { readonly kind: 'refuse' }
  /** Answers 200 with this body. */
  | { readonly kind: 'garbage'; readonly body: string }
  /** Answers 200 with the first half of the JSON, as a complete HTTP message. */
  | { readonly kind: 'truncate' }
  /** Answers 200 with wrong vectors. */
  | { readonly kind: 'vectors'; readonly change: VectorChange }
  /** The model is missing: embed and show answer 404, tags does not list it. */
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
