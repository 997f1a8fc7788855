#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { reportFailure } from './commands/exit.js';
import { VERSION } from './version.js';

// Commands are imported when they run: `--help` loads none, and the worker not what only others need.
await yargs(hideBin(process.argv))
  .scriptName('embedding-worker')
  .usage('$0 <command>\n\nKeeps the vectors of the knowledge base in step with its text.')
  .command(
    'worker',
    'embed blocks as they change, until SIGTERM',
    (command) => command.example('PALDOCS_DATABASE_URL=postgresql://worker@db/paldocs $0 worker', ''),
    async () => (await import('./commands/worker.js')).runWorker(),
  )
  .demandCommand(1, 1, 'Name a command.')
  .strict()
  .version(VERSION)
  .epilogue(
    'Settings are environment variables (PALDOCS_…); the README lists them.\nExit status: 0 done, 1 failed, 2 usage or configuration, 130 interrupted.',
  )
  .fail((message, error, parser) => {
    reportFailure(message, error, parser);
  })
  .parseAsync();
