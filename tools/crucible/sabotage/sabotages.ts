import type { RunOptions } from '../options.js';
import type { InvariantNumber } from '../violation.js';

/** A text in a compiled module, which must be there exactly once, and what it becomes. */
export interface Replacement {
  /** Path within dist. */
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

/** A guard that is switched off, and the run that must notice. */
export interface Sabotage {
  /** What the worker no longer does. */
  readonly what: string;
  readonly replacements: readonly Replacement[];
  /** The invariants, one of which must be reported as violated. */
  readonly breaks: readonly InvariantNumber[];
  readonly run: Partial<RunOptions>;
}

const STILL_OURS = " AND b.${table.status} = 'processing' AND ${fingerprintSql(table)} = v.fingerprint\n";
const HIDDEN_SWEEP = { module: 'leader/sweeper.js', find: 'await this.#sweep(signal);', replace: '' };
const NO_HOLD = [
  { module: 'embedder/request-queue.js', find: 'gate.report(error);', replace: 'void error;' },
  {
    module: 'embedder/request-queue.js',
    find: 'await gate.whenOpen(AbortSignal.any([options.signal, this.#draining.signal]));',
    replace: 'void gate;',
  },
];

/** No guard, but a text that no process survives: for the figure of that name. */
const KILLER_TEXT: Sabotage = {
  what: 'a text that kills the process',
  replacements: [
    {
      module: 'pipeline/prepare.js',
      find: 'const text = blockText(',
      replace: "if (content?.includes('KILLS')) process.kill(process.pid, 'SIGKILL'); const text = blockText(",
    },
  ],
  breaks: [],
  run: {},
};

/** Guards by name. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'no-check': {
    what: 'the store looks neither at the fingerprint nor at the status',
    replacements: [{ module: 'blocks/sql/store.js', find: STILL_OURS, replace: '\n' }],
    breaks: [2],
    run: { nemesis: 'none', requestMs: 60, textMs: 20 },
  },
  'no-fence': {
    what: 'whoever once fetched a job writes, whether or not the attempt is still its own',
    replacements: [
      {
        module: 'queue/embed-queue.js',
        find: 'return settledIds(await this.#boss.complete(this.names.queue, attempts, output, { db: tx }));',
        replace:
          'await this.#boss.complete(this.names.queue, attempts, output, { db: tx }); return new Set(attempts.map(({ id }) => id));',
      },
    ],
    breaks: [2],
    run: { nemesis: 'usurp', pauseMs: 300, requestMs: 60, textMs: 20 },
  },
  'two-transactions': {
    what: 'jobs are completed outside the transaction that stores',
    replacements: [
      {
        module: 'pipeline/settle.js',
        find: 'const ours = await settleJobs(context, tx, fitting);',
        replace: 'const ours = await settleJobs(context, database, fitting);',
      },
    ],
    breaks: [2],
    run: { nemesis: 'none' },
  },
  'standard-policy': {
    what: 'the queue takes several live jobs for one block',
    replacements: [
      { module: 'queue/ensure-queues.js', find: "policy: 'exclusive' });", replace: "policy: 'standard' });" },
      { module: 'queue/ensure-queues.js', find: "present.policy !== 'exclusive'", replace: 'false' },
    ],
    breaks: [7],
    run: { nemesis: 'none', requestMs: 60, textMs: 20 },
  },
  'no-sweep': {
    what: 'nobody looks for what was not notified',
    replacements: [HIDDEN_SWEEP],
    breaks: [1, 3],
    run: { nemesis: 'kill-listener', pauseMs: 600, failFast: false, patienceSeconds: 8 },
  },
  'no-gate': {
    what: 'every error puts the text at fault at once',
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
    what: 'a privilege that is missing is taken for the fault of a block',
    replacements: [{ module: 'postgres/sqlstate.js', find: "'42': HOLD,", replace: "'42': SPLIT," }],
    breaks: [5],
    run: { nemesis: 'revoke-privilege', patienceSeconds: 20, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'no-error-status': {
    what: 'what is set aside keeps the status it had',
    replacements: [
      {
        module: 'pipeline/settle-failure.js',
        find: "await blocks.setStatusIfProcessing(tx, idsOf(final), 'error');",
        replace: '',
      },
      HIDDEN_SWEEP,
    ],
    breaks: [3, 4],
    run: { nemesis: 'none', failFast: false, patienceSeconds: 10, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'other-column': {
    what: 'the store writes a column of the API as well',
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
  'one-fault-for-all': {
    what: 'a batch that fails is not split',
    replacements: [
      {
        module: 'embedder/embedder.js',
        find: 'return await this.#embedFirst(Math.ceil(texts.length / 2), texts, options);',
        replace:
          'if (inputMayBeAtFault(answer)) return texts.map(() => new TextTooLongError(answer.code, answer.message)); return await this.#embedFirst(Math.ceil(texts.length / 2), texts, options);',
      },
    ],
    breaks: [4, 5],
    run: { nemesis: 'none', failFast: false, requestMs: 60, textMs: 20, environment: { PALDOCS_RETRY_LIMIT: '0' } },
  },
  'waiting-claim': {
    what: 'the claim waits for rows that someone has locked',
    replacements: [{ module: 'blocks/claim.js', find: 'FOR NO KEY UPDATE SKIP LOCKED', replace: 'FOR NO KEY UPDATE' }],
    breaks: [4],
    run: { nemesis: 'lock-rows', lanes: 6, pauseMs: 100, replicas: 1, failFast: false, seconds: 18 },
  },
  'no-listeners': {
    what: 'nobody handles the loss of an idle connection',
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

/** Ends at the first violation unless told, since what follows is the same again. */
const COMMON: Partial<RunOptions> = { seed: 7, seconds: 12, failFast: true };

/** @throws RangeError naming the one that there is not */
export function sabotageNamed(name: string): Sabotage {
  const sabotage = name === 'killer-text' ? KILLER_TEXT : SABOTAGES[name];
  if (sabotage === undefined)
    throw new RangeError(`"${name}" is none of the guards ${Object.keys(SABOTAGES).join(', ')}`);
  return { ...sabotage, run: { ...COMMON, ...sabotage.run } };
}
