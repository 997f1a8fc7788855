#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { reportCrash, reportFailure } from './terminal/exit.js';
import { VERSION } from './base/version.js';

process.on('uncaughtException', reportCrash); // rejections that nobody handles come here, too
// Node's diagnostic reports, where someone has them written, hold the environment, and with it passwords.
process.report.excludeEnv = true;

const JSON_OPTION = { type: 'boolean', default: false, describe: 'print JSON instead of text' } as const;

/** What stands after `--`, where even `-5` is no option: yargs leaves it beside the command's name. */
const afterDashes = (words: readonly (string | number)[]) => words.slice(1).map(String);

// Commands are imported when they run: `--help` loads none, and the worker not what only others need.
const cli = yargs(hideBin(process.argv))
  .scriptName('embedding-worker')
  .parserConfiguration({ 'parse-positional-numbers': false })
  .usage('$0 <command>\n\nKeeps the vectors of the knowledge base in step with its text.')
  .command(
    'worker',
    'embed blocks as they change, until SIGTERM',
    (command) =>
      command
        .option('backfill', { type: 'boolean', default: false, describe: 'end when nothing is left to embed' })
        .example('PALDOCS_DATABASE_URL=postgresql://worker@db/paldocs $0 worker', '')
        .example('$0 worker --backfill', 'embed all that waits, then end: for a Kubernetes Job'),
    async (options) => (await import('./commands/worker.js')).runWorker(options),
  )
  .command(
    'status',
    'how far the blocks are, what waits, who works',
    (command) =>
      command
        .option('json', JSON_OPTION)
        .option('watch', { type: 'boolean', default: false, describe: 'look again and again, until interrupted' })
        .option('interval', { type: 'number', default: 2, describe: 'seconds between two looks' })
        .example('$0 status --watch', 'follow the work')
        .example('$0 status --json | jq .blocks.byStatus.error', 'how many blocks failed'),
    async (options) => (await import('./commands/status.js')).runStatus(options),
  )
  .command(
    'errors',
    'the blocks that failed for good, and why',
    (command) =>
      command
        .option('json', JSON_OPTION)
        .option('limit', { type: 'number', default: 50, describe: 'list so many blocks' })
        .option('after', { type: 'string', describe: 'go on after the block of this id' })
        .option('reason', { type: 'string', describe: 'only blocks that failed for this reason' })
        .example('$0 errors --reason OLLAMA_NAN --limit 10', ''),
    async (options) => (await import('./commands/errors.js')).runErrors(options),
  )
  .command(
    'retry [ids..]',
    'put failed blocks back',
    (command) =>
      command
        .positional('ids', { type: 'string', array: true, default: [], describe: 'ids of blocks' })
        .option('json', JSON_OPTION)
        .option('all', { type: 'boolean', default: false, describe: 'all blocks that failed' })
        .example('$0 retry 17 42', 'two blocks')
        .example('$0 retry --all', 'all that failed, once what made them fail is mended'),
    async ({ ids, _, ...options }) =>
      (await import('./commands/retry.js')).runRetry({ ...options, ids: [...ids, ...afterDashes(_)] }),
  )
  .command(
    'search [text..]',
    'the blocks nearest in meaning to a text',
    (command) =>
      command
        .positional('text', { type: 'string', array: true, default: [], describe: 'what to look for' })
        .option('json', JSON_OPTION)
        .option('limit', { type: 'number', default: 10, describe: 'print so many blocks, 100 at most' })
        .option('block-type', { type: 'string', describe: 'only blocks of this type' })
        .example('$0 search "how do I roll back a deployment" --limit 3', ''),
    async ({ text, _, ...options }) =>
      (await import('./commands/search.js')).runSearch({ ...options, text: [...text, ...afterDashes(_)] }),
  )
  .command(
    'doctor',
    'check all that the worker needs, and say what mends what is wrong',
    (command) => command.option('json', JSON_OPTION).example('$0 doctor', 'changes nothing'),
    async (options) => (await import('./commands/doctor.js')).runDoctor(options),
  )
  .command(
    'backfill',
    'enqueue the blocks that wait to be embedded, or all',
    async (command) => (await import('./commands/backfill/options.js')).backfillOptions(command),
    async (args) => (await import('./commands/backfill.js')).runBackfill(args),
  )
  .demandCommand(1, 1, 'Name a command.')
  .strict()
  .version(VERSION)
  .epilogue(
    'Settings are environment variables (PALDOCS_…); docs/configuration.md lists them.\nExit status: 0 done, 1 failed, 2 usage or configuration, 130 interrupted.',
  )
  .fail((message, error: Error | undefined, parser) => {
    if (error !== undefined && error !== null) throw error; // from a command: yargs would reject with it in any case
    reportFailure(message, undefined, parser);
  });

await cli.parseAsync().catch((error: unknown) => {
  reportFailure(undefined, error, cli);
});
