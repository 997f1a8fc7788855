import type { Dialect, Rule } from './dialect.js';
import {
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  TextRejectedError,
  TextTooLongError,
  type ProviderError,
} from './errors.js';

/** A response other than 2xx. */
export interface ErrorResponse {
  readonly status: number;
  /** The server's message in full. It decides whether a text is too long. */
  readonly message: string;
  /** The part of the message that may be repeated. It decides everything else. Absent: all of it. */
  readonly shown?: string;
  /** Error codes and types beside the message. */
  readonly codes?: string;
  /** The Retry-After header. */
  readonly retryAfter?: string | undefined;
}

/** Makes the error that a response stands for. */
export function classifyResponse(dialect: Dialect, response: ErrorResponse): ProviderError {
  const { status, message: whole, shown = whole, retryAfter } = response;
  const rule = dialect.rules.find((candidate) => matches(candidate, response));
  const { verdict, code, fix } = rule ?? {
    verdict: 'failing',
    code: dialect.codes.unexpectedStatus,
  };
  const message = `${dialect.name} answered ${status} "${storable(shown.slice(0, 300))}"`;
  switch (verdict) {
    case 'busy':
    case 'failing':
      return new ProviderUnavailableError(code, message, {
        inputMayBeAtFault: verdict === 'failing',
        retryAfterMs: readRetryAfter(retryAfter),
        fix,
      });
    case 'misconfigured':
      return new ProviderMisconfiguredError(code, message, { fix });
    case 'rejected':
      return new TextRejectedError(code, message, { fix });
    case 'too-long':
      return new TextTooLongError(code, message, { fix });
  }
}

/**
 * Servers quote the text, which may contain any words, so a quotation must not close the gate: rules see `shown`, without
 * the text. Only `too-long` sees the full message, so that a text about context lengths that is too long is found. If such a
 * text is not too long, the price is a few needless halvings.
 */
function matches(rule: Rule, { status, message, shown = message, codes = '' }: ErrorResponse): boolean {
  const hasStatus =
    rule.status === 'any 5xx'
      ? status >= 500
      : rule.status === 'any 4xx'
        ? status >= 400 && status < 500
        : typeof rule.status === 'number'
          ? rule.status === status
          : rule.status.includes(status);
  const words = `${rule.verdict === 'too-long' ? message : shown} ${codes}`;
  return hasStatus && (rule.message?.test(words) ?? true);
}

/** Removes what jsonb refuses: the message becomes part of the job's output. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** RFC 9110, 10.2.3: seconds or a date. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
