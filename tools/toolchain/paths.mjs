import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the scripts fetch for themselves; outside `node_modules`, where Yarn would tidy it away. */
export const toolsDirectory = join(projectRoot, '.tools');
