import { RequestError } from 'got';
import { certificateProblem } from '../base/certificate-errors.js';
import { errorCode } from '../base/errors.js';
import type { Dialect } from './dialect.js';
import { ProviderMisconfiguredError, ProviderUnavailableError } from './errors.js';
import { ProxyError } from './proxy-tunnel.js';

/** The server answers with more than we read. */
export class AnswerTooLargeError extends Error {
  readonly code = 'TOO_LARGE';

  constructor(maxBytes: number) {
    super(`its answer is larger than ${maxBytes / 1024 / 1024} MB`);
  }
}

export interface Attempt {
  readonly url: string;
  readonly proxy?: string | undefined;
  readonly timeoutMs: number;
  /** Whether it was given up because its time had passed. */
  readonly isLate: boolean;
}

/**
 * What it means that a request got no answer. Only the code and the message of the innermost error go on: got's errors hold
 * the request, and with it texts and credentials.
 */
export function transportError(error: unknown, { name, codes, caVariable }: Dialect, attempt: Attempt): Error {
  const cause = error instanceof RequestError ? error.cause : error;
  const proxy = attempt.proxy === undefined ? undefined : `the proxy ${new URL(attempt.proxy).host}`;
  const atProxy = cause instanceof ProxyError || (proxy !== undefined && !isSecure(attempt.url));
  const refused = certificateProblem(cause, `let ${atProxy ? 'NODE_EXTRA_CA_CERTS' : caVariable} name`);
  if (refused !== undefined) {
    const whose = atProxy && proxy !== undefined ? proxy : name;
    return new ProviderMisconfiguredError(codes.certificate, `${whose}'s ${refused.found}`, { fix: refused.fix });
  }
  const reason = attempt.isLate ? `TIMEOUT: no answer within ${attempt.timeoutMs / 1000} s` : reasonOf(cause);
  if (hasArrived(error, attempt)) {
    return new ProviderUnavailableError(codes.noAnswer, `${name} did not answer (${reason})`, {
      inputMayBeAtFault: true,
    });
  }
  const through = proxy === undefined ? '' : ` through ${proxy}`;
  return new ProviderUnavailableError(codes.unreachable, `${name} cannot be reached${through} (${reason})`, {
    inputMayBeAtFault: false,
  });
}

/**
 * Whether the server may have read anything of the request: there was a connection, with TLS where it has that. Those of a
 * tunnel are handed out with it.
 */
function hasArrived(error: unknown, { url, proxy = url }: Attempt): boolean {
  const timings = error instanceof RequestError ? error.timings : undefined;
  const isTunnel = proxy !== url && isSecure(url);
  return (isSecure(proxy) && !isTunnel ? timings?.secureConnect : timings?.connect) !== undefined;
}

function isSecure(url: string): boolean {
  return new URL(url).protocol === 'https:';
}

function reasonOf(cause: unknown): string {
  // Of a name with several addresses, each has an error, and all together have no message.
  const each = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  return `${errorCode(cause) ?? 'UNKNOWN'}: ${each.map(messageOf).join('; ')}`;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
