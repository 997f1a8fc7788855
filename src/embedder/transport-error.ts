import { RequestError } from 'got';
import { certificateProblem } from '../base/certificate-errors.js';
import { errorCode } from '../base/errors.js';
import type { Dialect } from './dialect.js';
import { ProviderMisconfiguredError, ProviderUnavailableError } from './errors.js';
import { ProxyError } from './proxy-tunnel.js';

/** The response is larger than we read. */
export class ResponseTooLargeError extends Error {
  readonly code = 'TOO_LARGE';

  constructor(maxBytes: number) {
    super(`its answer is larger than ${maxBytes / 1024 / 1024} MB`);
  }
}

export interface Attempt {
  readonly url: string;
  readonly proxy?: string | undefined;
  readonly timeoutMs: number;
  /** Whether it was cancelled because of its timeout. */
  readonly timedOut: boolean;
}

/**
 * Makes the error for a request that got no response. Only the code and the message of the innermost error are used: got's
 * errors contain the request, and with it texts and credentials.
 */
export function transportError(error: unknown, { name, codes, caVariable }: Dialect, attempt: Attempt): Error {
  const cause = error instanceof RequestError ? error.cause : error;
  const proxy = attempt.proxy === undefined ? undefined : `the proxy ${new URL(attempt.proxy).host}`;
  const atProxy = cause instanceof ProxyError || (proxy !== undefined && !isSecure(attempt.url));
  const untrusted = certificateProblem(cause, `let ${atProxy ? 'NODE_EXTRA_CA_CERTS' : caVariable} name`);
  if (untrusted !== undefined) {
    const owner = atProxy && proxy !== undefined ? proxy : name;
    return new ProviderMisconfiguredError(codes.certificate, `${owner}'s ${untrusted.found}`, { fix: untrusted.fix });
  }
  const reason = attempt.timedOut ? `TIMEOUT: no answer within ${attempt.timeoutMs / 1000} s` : reasonOf(cause);
  if (mayHaveArrived(error, attempt)) {
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
 * Whether the server may have read part of the request: there was a connection, with TLS if the server uses it. A tunnel's
 * connection is handed out only after TLS is established.
 */
function mayHaveArrived(error: unknown, { url, proxy = url }: Attempt): boolean {
  const timings = error instanceof RequestError ? error.timings : undefined;
  const isTunnel = proxy !== url && isSecure(url);
  return (isSecure(proxy) && !isTunnel ? timings?.secureConnect : timings?.connect) !== undefined;
}

function isSecure(url: string): boolean {
  return new URL(url).protocol === 'https:';
}

function reasonOf(cause: unknown): string {
  // If a name has several addresses, each has an error, and the AggregateError has no message.
  const errors = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  return `${errorCode(cause) ?? 'UNKNOWN'}: ${errors.map(messageOf).join('; ')}`;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
