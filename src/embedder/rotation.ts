import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Asks for all addresses of a name. */
export type ResolveAll = (
  hostname: string,
  options: { readonly all: true; readonly verbatim: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves a name to its addresses, beginning with the next one each time: of the servers behind one name, as of a
 * headless Service in Kubernetes, each gets as many connections as the others. The resolver does not see to it: a C
 * library may sort addresses by how near they look, and everyone would connect to the same. Where the first does not
 * answer, Node tries the others.
 */
export function rotatingLookup(resolve: ResolveAll = systemLookup): LookupFunction {
  let turn = Math.floor(Math.random() * 1_000_000); // so that replicas do not all begin with the same
  return (hostname, { all }, callback) => {
    resolve(hostname, { all: true, verbatim: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      // Name servers shuffle: only of what is in order can it be the next one's turn.
      const addresses = found.toSorted((a, b) => (a.address < b.address ? -1 : 1));
      const start = turn++ % Math.max(1, addresses.length);
      const rotated = [...addresses.slice(start), ...addresses.slice(0, start)];
      const [first] = rotated;
      if (all === true || first === undefined) callback(null, rotated);
      else callback(null, first.address, first.family);
    });
  };
}
