import { performance } from 'node:perf_hooks';
import type { Worker } from '../../src/worker.js';
import { countByTypeAndStatus, textOf } from './blocks.js';
import { Cleanup } from './cleanup.js';
import { findDocuments, type Document } from './documents/find.js';
import { countBlocks, insertDocuments } from './documents/insert.js';
import { editBlock, findParagraph, type Edit } from './edit.js';
import { embedAll, type EmbedReport } from './embed.js';
import { demoEnvironment } from './environment.js';
import type { Interruptible } from './interruption.js';
import type { DemoOptions } from './options.js';
import { excerpt, fact, heading, say, screenWidth, style } from './output.js';
import { projectRoot } from '../project-root.js';
import { search } from './search.js';
import { serve } from './serve.js';
import { setUp } from './set-up.js';
import type { Stage } from './stage.js';
import { printCounts, printTimes } from './summary.js';
import { checkEdit, findFaults } from './check.js';

/** How many documents are inserted while the worker works. */
const ARRIVING = 4;

const EDITED_NOTE = 'pg-boss';
const EDIT = 'The job queues are stopped for maintenance every Sunday at 3 a.m.: for about ten minutes no job runs.';

/** The documents answer each of them in other words. The answer to the last one is the edit. */
const QUERIES = [
  'Can a log be sent to more than one place?',
  'A computer should understand what a sentence means',
  'On which day do the job queues pause?',
];

const FAULTS_SHOWN = 10;

/**
 * Runs the whole demo.
 *
 * @param variables the environment variables
 * @returns the exit status: 0 if all checks pass
 */
export async function runDemo(
  options: DemoOptions,
  variables: NodeJS.ProcessEnv,
  interruption: Interruptible,
): Promise<number> {
  const cleanup = new Cleanup();
  try {
    return await perform(options, variables, interruption, cleanup);
  } finally {
    await cleanup.run();
  }
}

async function perform(
  options: DemoOptions,
  variables: NodeJS.ProcessEnv,
  interruption: Interruptible,
  cleanup: Cleanup,
): Promise<number> {
  const begun = performance.now();
  const environment = demoEnvironment(variables);
  say(`${style('bold', 'Demo of the embedding worker')}\n`);
  const { stage, worker, ms: setUpMs } = await setUp(environment, interruption, cleanup);
  const documents = await findDocuments(projectRoot());
  const total = countBlocks(documents);
  fact('Documents', `${documents.length} notes from the READMEs of the packages installed here: ${total} blocks`);

  const embedded = await embedAct(stage, worker, documents);
  const edit = await editAct(stage);
  await searchAct(stage, edit);
  const isCorrect = await checkAct(stage, edit);

  heading('Times');
  printTimes([
    ['database and model ready', setUpMs],
    ['worker ready', embedded.startMs],
    ['all blocks embedded', embedded.embedMs, `${((total / embedded.embedMs) * 1000).toFixed(0)} per second`],
    ['from the edit to its vector', edit.ms],
    ['the whole demo', performance.now() - begun],
  ]);
  if (options.serve) await serve(stage, worker.healthPort, edit.after.id);
  return isCorrect ? 0 : 1;
}

async function embedAct(stage: Stage, worker: Worker, documents: readonly Document[]): Promise<EmbedReport> {
  heading('1. The worker embeds a backlog and new blocks');
  const backlog = documents.slice(0, -ARRIVING);
  const arriving = documents.slice(-ARRIVING);
  await insertDocuments(stage.database, stage.table, backlog);
  say(`  ${countBlocks(backlog)} blocks are inserted before the worker runs, so it misses their notifications.`);
  say(`  ${countBlocks(arriving)} more are inserted while it works, and their notifications put them first.`);
  const report = await embedAll(stage, worker, countBlocks(documents), arriving);
  const { foundBySweep, announced, skipped } = report;
  say(
    `  Done: the sweep found ${foundBySweep}, notifications announced ${announced}; ${skipped} had nothing to embed.`,
  );
  return report;
}

async function editAct(stage: Stage): Promise<Edit> {
  heading('2. A block is edited');
  const edit = await editBlock(stage, await findParagraph(stage, EDITED_NOTE), EDIT);
  if (edit === undefined) throw new Error('the block to edit does not exist');
  const width = screenWidth() - 16;
  fact('block', `#${edit.before.id} in the note ${edit.before.noteTitle}`);
  fact('old text', style('dim', excerpt(textOf(edit.before) ?? '', width)));
  fact('new text', style('green', excerpt(textOf(edit.after) ?? '', width)));
  fact('vector', `stored ${edit.ms.toFixed(0)} ms after the edit was committed`);
  return edit;
}

async function searchAct(stage: Stage, edit: Edit): Promise<void> {
  heading('3. Search by meaning');
  say(style('dim', '  The number is the cosine distance: 0 is the same meaning, 1 is unrelated.\n'));
  for (const query of QUERIES) await search(stage, query, edit.after.id);
}

/** @returns whether all checks pass */
async function checkAct(stage: Stage, edit: Edit): Promise<boolean> {
  say(style('bold', '4. Check\n')); // a blank line follows each search
  const counts = await countByTypeAndStatus(stage.database, stage.table);
  printCounts(counts);
  const faults = await findFaults(stage);
  const { toNew, toOld, isNew } = await checkEdit(stage, edit);
  say();
  if (faults.length === 0) {
    say(
      `  ${style('green', '✓')} Every block with text is completed and has a vector; blocks without text are skipped.`,
    );
  }
  for (const fault of faults.slice(0, FAULTS_SHOWN)) say(`  ${style('red', '✗')} ${fault}`);
  if (faults.length > FAULTS_SHOWN) say(`  ${style('red', '✗')} … and ${faults.length - FAULTS_SHOWN} more`);
  const mark = isNew ? style('green', '✓') : style('red', '✗');
  const distances = `distance to the new text ${toNew.toFixed(4)}, to the old text ${toOld.toFixed(4)}`;
  say(`  ${mark} The edited block ${isNew ? 'has' : 'DOES NOT HAVE'} the vector of its new text: ${distances}.`);
  return faults.length === 0 && isNew;
}
