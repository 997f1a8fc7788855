import type { Fleet } from '../site/fleet.js';
import type { Violations } from '../violation.js';

/** No worker that worked has ended by itself, and none has said what only a mistake of ours makes it say. */
export function checkProcesses(fleet: Fleet, violations: Violations): void {
  for (const { replica, code, signal, expected, started, lastLines } of fleet.ended) {
    if (expected) {
      // Ended by a signal of ours: SIGTERM must lead to an orderly end.
      if (signal === null && code !== 0) {
        violations.add({
          invariant: 5,
          what: 'a worker that was told to stop ended with a failure',
          details: { replica, code, lastLines },
        });
      }
    } else if (started) {
      violations.add({
        invariant: 5,
        what: 'a worker process ended by itself',
        details: { replica, code, signal, lastLines },
      });
    }
  }
  for (const { name, suspicious } of fleet.everyone) {
    const [first] = suspicious;
    if (first !== undefined) {
      violations.add({
        invariant: 5,
        what: 'a worker logged an error of its own',
        details: { replica: name, lines: suspicious.length, first },
      });
    }
  }
}
