import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import { DEFAULT_QUEUE, queueNames } from '../../../src/queue/queue-names.js';
import { SECOND_MODEL_ENVIRONMENT, SECOND_QUEUE } from '../../second-model.js';

/** Workers with one queue, and the two columns that they write. */
export interface Deployment {
  readonly queue: string;
  readonly deadLetters: string;
  readonly embedding: string;
  readonly status: string;
  /** Before each text, so that the vectors of two Deployments differ. */
  readonly instruction: string;
  /** What its workers need besides the addresses. */
  readonly environment: Readonly<Record<string, string>>;
}

export const FIRST: Deployment = {
  queue: DEFAULT_QUEUE,
  deadLetters: queueNames('pgboss', DEFAULT_QUEUE).deadLetters,
  embedding: 'embedding',
  status: 'embedding_status',
  instruction: DEFAULT_INSTRUCTION,
  environment: {},
};

const SECOND_INSTRUCTION = 'Represent this section for the second model: ';
export const SECOND: Deployment = {
  queue: SECOND_QUEUE,
  deadLetters: queueNames('pgboss', SECOND_QUEUE).deadLetters,
  embedding: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_EMBEDDING_COLUMN,
  status: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_STATUS_COLUMN,
  instruction: SECOND_INSTRUCTION,
  environment: { ...SECOND_MODEL_ENVIRONMENT, PALDOCS_EMBEDDING_INSTRUCTION: SECOND_INSTRUCTION },
};

/** As many Deployments on one table. @param queues 1 or 2 */
export function deploymentsFor(queues: number): readonly Deployment[] {
  return [FIRST, SECOND].slice(0, queues);
}
