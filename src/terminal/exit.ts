import type { Argv } from 'yargs';
import { isPermissionDenied } from '../postgres/sqlstate.js';
import { ConfigurationError, WorkerError } from '../base/errors.js';
import { ProviderMisconfiguredError } from '../embedder/errors.js';
import { describeError } from '../telemetry/logger.js';
import { escapeUnprintable } from '../telemetry/unprintable.js';

/** Reports an error on stderr and sets the exit status: 2 for usage and configuration, otherwise 1. */
export function reportFailure(message: string | undefined, error: unknown, parser: Argv): void {
  if (error === undefined || error === null) {
    process.stderr.write(`${message ?? 'This command line is not valid.'}\n`);
    parser.showHelp('error');
    process.exitCode = 2;
    return;
  }
  // yargs throws this for an option without a value.
  const yargsError = error instanceof Error && error.name === 'YError';
  const denied = isPermissionDenied(error);
  const usage =
    yargsError || denied || error instanceof ConfigurationError || error instanceof ProviderMisconfiguredError;
  process.stderr.write(`${linesOf(error, denied, yargsError).map(escapeUnprintable).join('\n')}\n`);
  process.exitCode = usage ? 2 : 1;
}

/** Only configuration errors are split into lines. Other messages may repeat what a server sent, line breaks included. */
function linesOf(error: unknown, denied: boolean, yargsError: boolean): string[] {
  if (error instanceof ConfigurationError && error.code === 'CONFIGURATION') {
    return `embedding-worker: ${error.message}`.split('\n');
  }
  if (error instanceof WorkerError) {
    return [`embedding-worker: ${error.message}`, ...(error.fix?.split('\n').map((line) => `  fix: ${line}`) ?? [])];
  }
  if (yargsError && error instanceof Error) return [`embedding-worker: ${error.message}`];
  if (denied && error instanceof Error) {
    return [
      `embedding-worker: the database role lacks a privilege (${error.message}): \`embedding-worker doctor\` names the GRANT`,
    ];
  }
  return [`embedding-worker: unexpected failure: ${JSON.stringify(describeError(error))}`];
}

/**
 * Ends the program after an uncaught error, with one line. Node's own report has many lines and prints all properties of
 * the error, such as the options of a request.
 */
export function reportCrash(error: unknown): never {
  const stack = error instanceof Error ? { stack: error.stack } : {};
  const described = JSON.stringify({ ...describeError(error), ...stack });
  process.stderr.write(`embedding-worker: unexpected failure: ${escapeUnprintable(described)}\n`);
  process.exit(1);
}
