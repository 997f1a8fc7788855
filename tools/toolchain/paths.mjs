import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Programs that the toolchain installs. Not in `node_modules`, where Yarn would delete them. */
export const toolsDirectory = join(projectRoot, '.tools');
