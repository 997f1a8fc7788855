import type { Argv } from 'yargs';
import { isDenied } from '../database/denied.js';
import { ConfigurationError, WorkerError } from '../errors.js';
import { OllamaMisconfiguredError } from '../embedder/errors.js';
import { describeError } from '../logger.js';

/** Says what went wrong on stderr and sets the exit status: 2 for usage and configuration, else 1. */
export function reportFailure(message: string | undefined, error: unknown, parser: Argv): void {
  if (error === undefined || error === null) {
    process.stderr.write(`${message ?? 'This command line cannot be used.'}\n`);
    parser.showHelp('error');
    process.exitCode = 2;
    return;
  }
  // yargs throws its own for an option without its value.
  const yargsError = error instanceof Error && error.name === 'YError';
  const denied = isDenied(error);
  const usage =
    yargsError || denied || error instanceof ConfigurationError || error instanceof OllamaMisconfiguredError;
  process.stderr.write(
    error instanceof WorkerError || yargsError
      ? `embedding-worker: ${error.message}\n`
      : denied
        ? `embedding-worker: the database's role may not do that (${error.message}): \`embedding-worker doctor\` names the GRANT\n`
        : `embedding-worker: unexpected failure: ${JSON.stringify(describeError(error))}\n`,
  );
  process.exitCode = usage ? 2 : 1;
}

/**
 * Ends the program for what nobody has caught, with one line: Node's own report would be many, among them whatever an
 * error carries along, such as the options of a request.
 */
export function reportCrash(error: unknown): never {
  const stack = error instanceof Error ? { stack: error.stack } : {};
  const described = JSON.stringify({ ...describeError(error), ...stack });
  process.stderr.write(`embedding-worker: unexpected failure: ${described}\n`);
  process.exit(1);
}
