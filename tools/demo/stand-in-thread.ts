import { parentPort } from 'node:worker_threads';
import { startStandIn } from '../stand-in/stand-in.js';

// The sentence model computes on the thread that calls it, so the stand-in gets its own thread and does not block the worker
// and the embedded database.
const standIn = await startStandIn({ brain: 'sentence' });
parentPort?.postMessage(standIn.url);
