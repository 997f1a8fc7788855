import type { Dialect, Rule } from './dialect.js';
import {
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  TextRejectedError,
  TextTooLongError,
  type ProviderError,
} from './errors.js';

/** An answer that is not 2xx. */
export interface Refusal {
  readonly status: number;
  /** What the server says, in full; it decides whether a text is too long. */
  readonly message: string;
  /** As much of the message as may be repeated, which decides the rest; absent: all. */
  readonly shown?: string;
  /** Its codes and types, where it has some beside the message. */
  readonly codes?: string;
  /** The header of that name, where there is one. */
  readonly retryAfter?: string | undefined;
}

/** The error that an answer is. */
export function classifyAnswer(dialect: Dialect, refusal: Refusal): ProviderError {
  const { status, message: whole, shown = whole, retryAfter } = refusal;
  const rule = dialect.rules.find((candidate) => applies(candidate, refusal));
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
 * What a server repeats of a text must close no gate, and a text may speak of anything. But one that speaks of context
 * lengths and is too long must be found to be that; one that is not is halved a few times for nothing.
 */
function applies(rule: Rule, { status, message, shown = message, codes = '' }: Refusal): boolean {
  const ofStatus =
    rule.status === 'any 5xx'
      ? status >= 500
      : rule.status === 'any 4xx'
        ? status >= 400 && status < 500
        : typeof rule.status === 'number'
          ? rule.status === status
          : rule.status.includes(status);
  const said = `${rule.verdict === 'too-long' ? message : shown} ${codes}`;
  return ofStatus && (rule.message?.test(said) ?? true);
}

/** Without what jsonb refuses: the message goes into the job's output. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** RFC 9110, 10.2.3: seconds or a date. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
