import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

const LENGTH = 8;
/** How many of them come from the host's name. */
const HOST_LENGTH = 4;

/**
 * Eight characters that identify this process among those connected to the same database: the end of the host's name,
 * where pods of a Deployment differ, then random ones.
 */
export function instanceName(host = hostname()): string {
  const [label = ''] = host.split('.');
  const end = label.replaceAll(/[^A-Za-z0-9]/g, '').slice(-HOST_LENGTH);
  const random = BigInt(`0x${randomUUID().replaceAll('-', '')}`).toString(36);
  return `${end}${random.slice(-(LENGTH - end.length))}`;
}
