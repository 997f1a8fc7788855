import type { RunOptions } from '../options.js';
import type { InvariantNumber } from '../violation.js';

/** A text that occurs exactly once in a compiled module, and its replacement. */
export interface Replacement {
  /** Path within dist. */
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

/** How to switch a guard off, and the run whose checks must notice. */
export interface Sabotage {
  /** What the worker does, or fails to do, without the guard. */
  readonly what: string;
  readonly replacements: readonly Replacement[];
  /** At least one of these invariants must be reported as violated. */
  readonly breaks: readonly InvariantNumber[];
  readonly run: Partial<RunOptions>;
}

const STILL_OURS =
  " AND ${hasStatusByIdSql(`b.${table.status}`, ['processing'])} AND ${fingerprintSql(table)} = v.fingerprint\n";
const SWEEP = 'busyMs = await this.#sweep(isRequested || this.#options.notificationsDown(), signal);';
const HIDDEN_SWEEP = { module: 'leader/sweeper.js', find: SWEEP, replace: '' };
const NO_HOLD = [
  { module: 'embedder/request-queue.js', find: 'gate.report(error);', replace: 'void error;' },
  {
    module: 'embedder/request-queue.js',
    find: 'await this.#whenOpen(options.signal);',
    replace: '',
  },
];

/** The beginning of a text that crashes the worker, with the sabotage `poison-text`. */
export const POISON_MARK = 'Poison text';

/** Not a guard, but a text that crashes every worker: for the scenario of the same name. */
const POISON_TEXT: Sabotage = {
  what: 'a text crashes the worker',
  replacements: [
    {
      module: 'pipeline/prepare.js',
      find: 'const text = blockTexts.of(block);',
      replace: `if (block.content?.includes('${POISON_MARK}')) process.kill(process.pid, 'SIGKILL'); const text = blockTexts.of(block);`,
    },
  ],
  breaks: [],
  run: {},
};

/** No guard either: lets the leader read the table in slices of a few pages, so that rows move while a pass runs. */
export function smallSlices(pages: number): Replacement {
  return { module: 'leader/pace.js', find: 'slicePages: SLICE_PAGES,', replace: `slicePages: ${pages},` };
}

/** Guards by name. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'no-check': {
    what: 'the store checks neither the fingerprint nor the status',
    replacements: [{ module: 'blocks/sql/store.js', find: STILL_OURS, replace: '\n' }],
    breaks: [2],
    run: { nemesis: 'none', requestMs: 60, textMs: 20 },
  },
  'no-fence': {
    what: 'a worker stores even if it lost the attempt',
    replacements: [
      {
        module: 'queue/embed-queue.js',
        find: 'return new Set(attempts.filter(({ id }) => settled.has(id)));',
        replace: 'return new Set(jobs);',
      },
    ],
    breaks: [2],
    run: { nemesis: 'expire-jobs', pauseMs: 300, requestMs: 60, textMs: 20 },
  },
  'two-transactions': {
    what: 'jobs are completed outside the transaction that stores the vectors',
    replacements: [
      {
        module: 'pipeline/settle.js',
        find: 'const ours = await settleJobs(context, tx, verdicts);',
        replace: 'const ours = await settleJobs(context, context.database, verdicts);',
      },
    ],
    breaks: [2],
    run: { nemesis: 'none' },
  },
  'standard-policy': {
    what: 'the queue accepts several live jobs for one block',
    replacements: [
      { module: 'queue/ensure-queues.js', find: "policy: 'exclusive' });", replace: "policy: 'standard' });" },
      { module: 'queue/ensure-queues.js', find: "present.policy !== 'exclusive'", replace: 'false' },
    ],
    breaks: [7],
    run: { nemesis: 'none', requestMs: 60, textMs: 20 },
  },
  'no-sweep': {
    what: 'nothing finds blocks whose notification was lost',
    replacements: [HIDDEN_SWEEP],
    breaks: [1, 3],
    run: { nemesis: 'kill-listener', pauseMs: 600, failFast: false, quietTimeoutSeconds: 8 },
  },
  'no-gate': {
    what: 'every failure is counted against the text at once',
    replacements: [
      ...NO_HOLD,
      { module: 'embedder/text-embedder.js', find: 'if (inputMayBeAtFault(result))', replace: 'if (true)' },
      { module: 'embedder/text-embedder.js', find: 'soloFailures >= MAX_SOLO_FAILURES ||', replace: 'true ||' },
      { module: 'embedder/embedder.js', find: 'if (!inputMayBeAtFault(answer))', replace: 'if (false)' },
    ],
    breaks: [5],
    run: { nemesis: 'stop-ollama', lanes: 1, pauseMs: 300, failFast: false, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'blame-privileges': {
    what: 'a missing privilege is counted against the block',
    replacements: [{ module: 'postgres/sqlstate.js', find: "'42': HOLD,", replace: "'42': SPLIT," }],
    breaks: [5],
    run: { nemesis: 'revoke-privilege', quietTimeoutSeconds: 20, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'no-error-status': {
    what: 'a dead-lettered block keeps its status',
    replacements: [
      {
        module: 'pipeline/settle-failure.js',
        find: "await blocks.setStatus(tx, idsOf(final), 'error', ['processing']);",
        replace: '',
      },
      HIDDEN_SWEEP,
    ],
    breaks: [3, 4],
    run: { nemesis: 'none', failFast: false, quietTimeoutSeconds: 10, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'other-column': {
    what: 'the store also writes a column of the API',
    replacements: [
      {
        module: 'blocks/sql/store.js',
        find: "SET ${table.embedding} = v.embedding, ${table.status} = 'completed'",
        replace:
          "SET note_id = (SELECT min(id) FROM notes), ${table.embedding} = v.embedding, ${table.status} = 'completed'",
      },
    ],
    breaks: [6],
    run: { nemesis: 'none' },
  },
  'no-splitting': {
    what: 'a batch that fails is not split',
    replacements: [
      {
        module: 'embedder/embedder.js',
        find: 'const results = await this.#embedHalves(texts, options);',
        replace: 'const results = texts.map(() => new TextTooLongError(answer.code, answer.message));',
      },
    ],
    breaks: [4, 5],
    run: { nemesis: 'none', failFast: false, requestMs: 60, textMs: 20, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'waiting-claim': {
    what: 'the claim waits for locked rows',
    replacements: [{ module: 'blocks/claim.js', find: 'FOR NO KEY UPDATE SKIP LOCKED', replace: 'FOR NO KEY UPDATE' }],
    breaks: [4],
    run: { nemesis: 'lock-rows', lanes: 6, pauseMs: 100, replicas: 1, failFast: false, seconds: 18 },
  },
  'no-listeners': {
    what: 'the loss of an idle connection is not handled',
    replacements: [
      {
        module: 'postgres/pool.js',
        find: "pool.on('error', options.onError);",
        replace: "pool.on('acquire', () => undefined);",
      },
    ],
    breaks: [5],
    run: { nemesis: 'kill-connections', failFast: false, seconds: 8 },
  },
  'no-pause': {
    what: 'workers go on while work is paused',
    replacements: [{ module: 'pipeline/workers.js', find: 'this.#paused = parts;', replace: 'void parts;' }],
    breaks: [7],
    run: { nemesis: 'pause-backlog,pause-all', lanes: 1, pauseMs: 300, failFast: false, seconds: 40 },
  },
  'swapped-vectors': {
    what: 'each text of a batch gets the vector of another',
    replacements: [
      {
        module: 'pipeline/embed.js',
        find: 'const vector = vectors[i];',
        replace: 'const vector = vectors[vectors.length - 1 - i];',
      },
    ],
    breaks: [2],
    run: { nemesis: 'none', requestMs: 60, textMs: 20 },
  },
};

/** Defaults. Most runs end at the first violation, because more of the same would follow. */
const COMMON: Partial<RunOptions> = { seed: 7, seconds: 12, failFast: true };

/** @throws RangeError naming a guard that does not exist */
export function sabotageNamed(name: string): Sabotage {
  const sabotage = name === 'poison-text' ? POISON_TEXT : SABOTAGES[name];
  if (sabotage === undefined)
    throw new RangeError(`unknown guard "${name}"; use any of ${Object.keys(SABOTAGES).join(', ')}`);
  return { ...sabotage, run: { ...COMMON, ...sabotage.run } };
}
