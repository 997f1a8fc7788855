import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Resolves a name to all of its addresses. */
export type ResolveAll = (
  hostname: string,
  options: { readonly all: true; readonly verbatim: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves a name to its addresses and starts with the next one each time, so that all servers behind the name, such as a
 * headless Service in Kubernetes, get equally many connections. The system's resolver does not ensure that: a C library may
 * sort addresses by apparent distance, and every client connects to the same one. If the first address does not answer, Node
 * tries the others.
 */
export function rotatingLookup(resolve: ResolveAll = systemLookup): LookupFunction {
  let turn = Math.floor(Math.random() * 1_000_000); // random, so that replicas start with different addresses
  return (hostname, { all }, callback) => {
    resolve(hostname, { all: true, verbatim: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      // Name servers shuffle addresses; rotation needs a fixed order.
      const addresses = found.toSorted((a, b) => (a.address < b.address ? -1 : 1));
      const start = turn++ % Math.max(1, addresses.length);
      const rotated = [...addresses.slice(start), ...addresses.slice(0, start)];
      const [first] = rotated;
      if (all === true || first === undefined) callback(null, rotated);
      else callback(null, first.address, first.family);
    });
  };
}
