#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { reportCrash, reportFailure } from './terminal/exit.js';
import { VERSION } from './base/version.js';

process.on('uncaughtException', reportCrash); // also receives unhandled rejections
// Node's diagnostic reports would otherwise hold the environment, and with it passwords.
process.report.excludeEnv = true;

const JSON_OPTION = { type: 'boolean', default: false, describe: 'print JSON instead of text' } as const;

/** The words after `--`, where even `-5` is not an option: yargs leaves them beside the command's name. */
const afterDashes = (words: readonly (string | number)[]) => words.slice(1).map(String);

// Keeps the compiled code of the commands beside the packages: compiling it takes an eighth of a worker's start. Where the
// directory cannot be written, as in the image, the commands are compiled each time.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/embedding-worker', import.meta.url)));

// Each command is imported when it runs: `--help` loads none of them, and the worker only what it needs.
const cli = yargs(hideBin(process.argv))
  .scriptName('embedding-worker')
  .parserConfiguration({ 'parse-positional-numbers': false })
  .usage('$0 <command>\n\nKeeps the vectors of the knowledge base in step with its text.')
  .command(
    'worker',
    'embed blocks as they change, until SIGTERM',
    (command) =>
      command
        .option('backfill', { type: 'boolean', default: false, describe: 'exit once nothing is left to embed' })
        .example('PALDOCS_DATABASE_URL=postgresql://worker@db/paldocs $0 worker', '')
        .example('$0 worker --backfill', 'embed everything that waits, then exit: for a Kubernetes Job'),
    async (options) => (await import('./commands/worker.js')).runWorker(options),
  )
  .command(
    'status',
    'show blocks by status and type, the queue, the rate and the workers',
    (command) =>
      command
        .option('json', JSON_OPTION)
        .option('exact', { type: 'boolean', default: false, describe: 'count every block, even of a large table' })
        .option('watch', { type: 'boolean', default: false, describe: 'repeat until interrupted' })
        .option('interval', { type: 'number', default: 2, describe: 'with --watch: seconds between two snapshots' })
        .example('$0 status --watch', 'watch the progress')
        .example('$0 status --json | jq .blocks.byStatus.error', 'count the failed blocks'),
    async (options) => (await import('./commands/status.js')).runStatus(options),
  )
  .command(
    'errors',
    'list the blocks that failed permanently, and why',
    (command) =>
      command
        .option('json', JSON_OPTION)
        .option('limit', { type: 'number', default: 50, describe: 'number of blocks to list, 10,000 at most' })
        .option('after', { type: 'string', describe: 'start after the block with this id' })
        .option('reason', { type: 'string', describe: 'only blocks with this reason code' })
        .option('exact', {
          type: 'boolean',
          default: false,
          describe: 'also look for blocks without a record of their failure, even in a large table',
        })
        .example('$0 errors --reason OLLAMA_NAN --limit 10', 'the first ten with this reason'),
    async (options) => (await import('./commands/errors.js')).runErrors(options),
  )
  .command(
    'retry [ids..]',
    'requeue failed blocks',
    (command) =>
      command
        .positional('ids', { type: 'string', array: true, default: [], describe: 'ids of the blocks to requeue' })
        .option('json', JSON_OPTION)
        .option('all', { type: 'boolean', default: false, describe: 'requeue all failed blocks' })
        .example('$0 retry 17 42', 'requeue two blocks')
        .example('$0 retry --all', 'requeue all of them, once the cause is fixed'),
    async ({ ids, _, ...options }) =>
      (await import('./commands/retry.js')).runRetry({ ...options, ids: [...ids, ...afterDashes(_)] }),
  )
  .command(
    'search [text..]',
    'find the blocks nearest in meaning to a text',
    (command) =>
      command
        .positional('text', { type: 'string', array: true, default: [], describe: 'text to search for' })
        .option('json', JSON_OPTION)
        .option('limit', { type: 'number', default: 10, describe: 'number of blocks to print, 100 at most' })
        .option('block-type', { type: 'string', describe: 'only blocks of this type' })
        .option('context', { type: 'boolean', default: false, describe: 'show the headings above each block, too' })
        .example('$0 search "how do I roll back a deployment" --limit 3', 'the three nearest blocks'),
    async ({ text, _, ...options }) =>
      (await import('./commands/search.js')).runSearch({ ...options, text: [...text, ...afterDashes(_)] }),
  )
  .command(
    'doctor',
    'check everything the worker needs and name the fix for each problem',
    (command) =>
      command.option('json', JSON_OPTION).example('$0 doctor', 'changes nothing: test writes are rolled back'),
    async (options) => (await import('./commands/doctor.js')).runDoctor(options),
  )
  .command(
    'backfill',
    'enqueue pending blocks; with --all embed completed ones again',
    async (command) => (await import('./commands/backfill/options.js')).backfillOptions(command),
    async (args) => (await import('./commands/backfill.js')).runBackfill(args),
  )
  .command(
    'verify',
    'compare stored vectors with what the model returns now',
    async (command) => (await import('./commands/verify/options.js')).verifyOptions(command),
    async (args) => (await import('./commands/verify.js')).runVerify(args),
  )
  .command(
    'pause',
    'make all workers stop taking backlog, for example by day',
    (command) =>
      command
        .option('json', JSON_OPTION)
        .option('all', { type: 'boolean', default: false, describe: 'pause live edits, too' })
        .option('for', { type: 'string', describe: 'end the pause after this time: 30m, 8h, 2d [default: at resume]' })
        .example('$0 pause --for 8h', 'leave the model to others until the evening; edits are still embedded')
        .example('$0 pause --all', 'stop all work until resume'),
    async (options) => (await import('./commands/pause.js')).runPause(options),
  )
  .command(
    'resume',
    'end a pause',
    (command) => command.option('json', JSON_OPTION).example('$0 resume', ''),
    async (options) => (await import('./commands/resume.js')).runResume(options),
  )
  .demandCommand(1, 1, 'Name a command.')
  .strict()
  .version(VERSION)
  .epilogue(
    'Settings are environment variables (PALDOCS_…); docs/configuration.md lists them.\nExit status: 0 done, 1 failed, 2 usage or configuration, 130 interrupted.',
  )
  .fail((message, error: Error | undefined, parser) => {
    if (error !== undefined && error !== null) throw error; // from a command: yargs rejects with it anyway
    reportFailure(message, undefined, parser);
  });

await cli.parseAsync().catch((error: unknown) => {
  reportFailure(undefined, error, cli);
});
