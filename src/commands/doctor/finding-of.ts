import { WorkerError } from '../../base/errors.js';
import { describeError } from '../../telemetry/logger.js';
import type { Finding } from './check.js';

/** Turns an error that a check threw into a finding, with its fix if it has one. */
export function findingOf(error: unknown): Finding {
  if (error instanceof WorkerError) {
    return { status: 'failed', found: error.message, ...(error.fix !== undefined && { fix: error.fix }) };
  }
  const { message, code } = describeError(error) as { message: string; code?: string };
  return { status: 'failed', found: code === undefined ? message : `${message} (${code})` };
}
