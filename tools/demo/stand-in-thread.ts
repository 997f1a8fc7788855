import { parentPort } from 'node:worker_threads';
import { startStandIn } from '../stand-in/stand-in.js';

// The stand-in with its sentence model, which computes on the thread that calls it: on one of its own, it leaves the
// worker and the embedded database theirs.
const standIn = await startStandIn({ brain: 'sentence' });
parentPort?.postMessage(standIn.url);
