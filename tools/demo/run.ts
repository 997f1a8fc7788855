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
import { checkEdit, findFaults } from './verdict.js';

/** Documents that are written while the worker works. */
const ARRIVING = 4;

const EDITED_NOTE = 'pg-boss';
const EDIT = 'The job queues are stopped for maintenance every Sunday at 3 a.m.: for about ten minutes no job runs.';

/** Each has a good answer in the documents that shares few words with it; the answer to the last one is the edit. */
const QUERIES = [
  'Can a log be sent to more than one place?',
  'A computer should understand what a sentence means',
  'On which day do the job queues pause?',
];

const FAULTS_SHOWN = 10;

/**
 * The whole demo, from nothing to the verdict.
 *
 * @param variables the environment it was started in
 * @returns the exit status: 0 when all is as it should be
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
  say(`${style('bold', `The embedding worker of pal-e: a demo`)}\n`);
  const { stage, worker, ms: setUpMs } = await setUp(environment, interruption, cleanup);
  const documents = await findDocuments(projectRoot());
  const total = countBlocks(documents);
  fact('Documents', `${documents.length} READMEs and pages of the packages installed here: ${total} blocks`);

  const embedded = await embedAct(stage, worker, documents);
  const edit = await editAct(stage);
  await searchAct(stage, edit);
  const isAsItShouldBe = await verdictAct(stage, edit);

  heading('Times');
  printTimes([
    ['database and model ready', setUpMs],
    ['worker ready', embedded.startMs],
    ['all blocks embedded', embedded.embedMs, `${((total / embedded.embedMs) * 1000).toFixed(0)} a second`],
    ['edit until its vector is stored', edit.ms],
    ['the whole demo', performance.now() - begun],
  ]);
  if (options.serve) await serve(stage, worker.healthPort, edit.after.id);
  return isAsItShouldBe ? 0 : 1;
}

async function embedAct(stage: Stage, worker: Worker, documents: readonly Document[]): Promise<EmbedReport> {
  heading('1. The worker finds a backlog, and more arrives');
  const backlog = documents.slice(0, -ARRIVING);
  const arriving = documents.slice(-ARRIVING);
  await insertDocuments(stage.database, stage.table, backlog);
  say(`  ${countBlocks(backlog)} blocks are written before the worker runs: nobody hears their NOTIFY.`);
  say(`  ${countBlocks(arriving)} more are written while it works: their NOTIFY gets them to the front.`);
  const report = await embedAll(stage, worker, countBlocks(documents), arriving);
  const { foundBySweep, announced, skipped } = report;
  say(`  Done: ${foundBySweep} were found by the sweep, ${announced} announced by NOTIFY, ${skipped} held no text.`);
  return report;
}

async function editAct(stage: Stage): Promise<Edit> {
  heading('2. A block is edited');
  const edit = await editBlock(stage, await findParagraph(stage, EDITED_NOTE), EDIT);
  if (edit === undefined) throw new Error('the block to edit has vanished');
  const width = screenWidth() - 16;
  fact('note', `${edit.before.noteTitle}, block #${edit.before.id}`);
  fact('was', style('dim', excerpt(textOf(edit.before) ?? '', width)));
  fact('is', style('green', excerpt(textOf(edit.after) ?? '', width)));
  fact('stored', `${edit.ms.toFixed(0)} ms after the edit was committed`);
  return edit;
}

async function searchAct(stage: Stage, edit: Edit): Promise<void> {
  heading('3. Search by meaning');
  say(style('dim', '  Cosine distance: 0 means the same, 1 has nothing to do with it.\n'));
  for (const query of QUERIES) await search(stage, query, edit.after.id);
}

/** @returns whether all is as it should be */
async function verdictAct(stage: Stage, edit: Edit): Promise<boolean> {
  say(style('bold', 'Blocks by type and status\n'));
  const counts = await countByTypeAndStatus(stage.database, stage.table);
  printCounts(counts);
  const faults = await findFaults(stage);
  const { toNew, toOld, isNew } = await checkEdit(stage, edit);
  say();
  if (faults.length === 0) {
    say(`  ${style('green', '✓')} Every block that holds text is completed and has a vector; diagrams are skipped.`);
  }
  for (const fault of faults.slice(0, FAULTS_SHOWN)) say(`  ${style('red', '✗')} ${fault}`);
  if (faults.length > FAULTS_SHOWN) say(`  ${style('red', '✗')} … and ${faults.length - FAULTS_SHOWN} more`);
  const mark = isNew ? style('green', '✓') : style('red', '✗');
  const distances = `distance ${toNew.toFixed(4)} to it, ${toOld.toFixed(4)} to the old one`;
  say(`  ${mark} The edited block holds the vector of its ${isNew ? 'new text' : 'NEW TEXT NOT'}: ${distances}.`);
  return faults.length === 0 && isNew;
}
