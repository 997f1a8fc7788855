import process from 'node:process';
import { readCommandLine, USAGE } from './options.js';

// `npm run retrieval`: see USAGE.
async function main(): Promise<number> {
  const options = readCommandLine(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  // Imported late to make --help fast.
  const { runRetrieval } = await import('./run.js');
  return await runRetrieval(options);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    error instanceof TypeError || error instanceof RangeError
      ? `${error.message}\nTry: npm run retrieval -- --help\n`
      : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 2;
}
