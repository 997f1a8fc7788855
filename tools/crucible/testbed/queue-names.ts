import { FIRST } from './deployments.js';

/** The queues of the first Deployment, which faults in the queue affect. */
export const { queue: QUEUE, deadLetters: DEAD_LETTER_QUEUE } = FIRST;
