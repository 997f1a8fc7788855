import type { ContextKind } from '../../src/blocks/context/kinds.js';
import { sqlBlocks } from './sql-blocks.js';

/** The trigger on notes, with the setting that docs/context.md shows. */
const DOCUMENTED = `queue_renamed_notes('path')`;

/** SQL for the triggers of docs/context.md that this setting needs. */
export async function contextTriggers(context: ContextKind): Promise<string> {
  const [ofTitles, ...ofPaths] = (await sqlBlocks('context.md')).map(({ sql }) => sql);
  if (ofTitles?.includes(DOCUMENTED) !== true) throw new Error(`docs/context.md has no ${DOCUMENTED}`);
  if (context === 'path') return [ofTitles, ...ofPaths].join('\n');
  return ofTitles.replace(DOCUMENTED, `queue_renamed_notes('${context}')`);
}
