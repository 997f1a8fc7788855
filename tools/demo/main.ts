import process from 'node:process';
import { ConfigurationError, WorkerError } from '../../src/base/errors.js';
import { ProviderMisconfiguredError } from '../../src/embedder/errors.js';
import { DemoInterruption } from './interruption.js';
import { HELP, parseOptions, UsageError } from './options.js';

// `npm run demo`: see HELP.
const interruption = new DemoInterruption();
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
  } else {
    // Imported late to make --help fast.
    const { runDemo } = await import('./run.js');
    process.exitCode = await runDemo(options, process.env, interruption);
  }
} catch (error) {
  report(error);
}

function report(error: unknown): void {
  if (interruption.signal.aborted && !(error instanceof WorkerError)) {
    process.exitCode = interruption.exitStatus;
    return;
  }
  const isKnown = error instanceof WorkerError || error instanceof UsageError;
  process.stderr.write(isKnown ? `demo: ${error.message}\n` : `demo: unexpected failure\n${inspectError(error)}\n`);
  const isUsage = [ConfigurationError, ProviderMisconfiguredError, UsageError].some((kind) => error instanceof kind);
  process.exitCode = isUsage ? 2 : 1;
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
