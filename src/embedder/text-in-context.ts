/**
 * A text to embed, and its context with the separator between them: `Guide > Set-up` and a line end. The context is empty if
 * there is none. It is repeated before each part of a text that is embedded in parts.
 */
export interface TextInContext {
  readonly context: string;
  readonly text: string;
}

/** As it is embedded if it fits into the model's context. */
export function wholeText({ context, text }: TextInContext): string {
  return context + text;
}
