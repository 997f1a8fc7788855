import type { Episode } from '../havoc.js';
import type { Fleet } from '../site/fleet.js';
import type { Violations } from '../violation.js';

/** Of a worker that starts: it may have looked at the tables just before they were mended. */
const START_MS = 10_000;
/** What the worker ends with where it takes its configuration or the tables for unusable. */
const REFUSED = 2;

/**
 * No worker that worked has ended by itself, none has refused to start while the tables were as they may be, and none has
 * said what only a mistake of ours makes it say.
 */
export function checkProcesses(fleet: Fleet, episodes: readonly Episode[], violations: Violations): void {
  const hindrances = episodes.filter(({ nemesis }) => nemesis.holds === true);
  for (const { replica, code, signal, expected, started, lastLines, at } of fleet.ended) {
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
    } else if (code === REFUSED && !hindrances.some(({ from, to }) => from < at && at < to + START_MS)) {
      violations.add({
        invariant: 5,
        what: 'a worker refused to start though nothing was wrong with the tables',
        details: { replica, at: new Date(at).toISOString(), lastLines },
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
