import type { Injection } from '../fault-injector.js';
import type { Fleet } from '../testbed/fleet.js';
import type { Violations } from '../violation.js';

/** How long a start may take: a worker may have checked the tables just before they were repaired. */
const START_MS = 10_000;
/** Exit status of a worker that considers its configuration or the tables unusable. */
const UNUSABLE = 2;

/**
 * No running worker ended by itself, none refused to start while the tables were usable, and none logged an error that only
 * a bug can cause.
 */
export function checkProcesses(fleet: Fleet, injections: readonly Injection[], violations: Violations): void {
  const blocking = injections.filter(({ nemesis }) => nemesis.blocksAllWork === true);
  for (const { replica, code, signal, expected, started, lastLines, at } of fleet.ended) {
    if (expected) {
      // The crucible sent it a signal. SIGTERM must lead to a clean exit.
      if (signal === null && code !== 0) {
        violations.add({
          invariant: 5,
          what: 'a worker that was sent SIGTERM exited with a failure',
          details: { replica, code, lastLines },
        });
      }
    } else if (started) {
      violations.add({
        invariant: 5,
        what: 'a worker process ended by itself',
        details: { replica, code, signal, lastLines },
      });
    } else if (code === UNUSABLE && !blocking.some(({ from, to }) => from < at && at < to + START_MS)) {
      violations.add({
        invariant: 5,
        what: 'a worker refused to start although the tables were usable',
        details: { replica, at: new Date(at).toISOString(), lastLines },
      });
    }
  }
  for (const { name, suspicious } of fleet.everyReplica) {
    const [first] = suspicious;
    if (first !== undefined) {
      violations.add({
        invariant: 5,
        what: 'a worker logged an internal error',
        details: { replica: name, lines: suspicious.length, first },
      });
    }
  }
}
