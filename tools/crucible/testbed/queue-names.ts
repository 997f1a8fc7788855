import { DEFAULT_QUEUE, queueNames } from '../../../src/queue/queue-names.js';

/** The queues of the worker under test. */
export const { queue: QUEUE, deadLetters: DEAD_LETTER_QUEUE } = queueNames('pgboss', DEFAULT_QUEUE);
