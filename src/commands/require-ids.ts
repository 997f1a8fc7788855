import { isBlockId } from '../blocks/block-id.js';
import type { BlocksTable } from '../blocks/table.js';
import { ConfigurationError } from '../base/errors.js';
import { printable } from '../terminal/output.js';

/**
 * Checks ids from the command line.
 *
 * @param where the option or command that names them
 * @throws ConfigurationError naming those that the column's type does not accept
 */
export function requireIds(
  where: string,
  ids: readonly string[],
  idType: BlocksTable['idType'],
  noun: 'block' | 'note' = 'block',
): void {
  const wrong = ids.filter((id) => !isBlockId(id, idType)).map((id) => `"${printable(id)}"`);
  if (wrong.length === 0) return;
  const what = wrong.length === 1 ? `is not a ${noun} id` : `are not ${noun} ids`;
  throw new ConfigurationError('OPTION', `${where}: ${wrong.join(', ')} ${what}; ids are of type ${idType}`);
}
