import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../demo/reference-schema.js';

/** NODE_OPTIONS as the image sets them, so that what is measured is what runs. */
export function imageNodeOptions(): string {
  const dockerfile = readFileSync(join(projectRoot(), 'Dockerfile'), 'utf8');
  const options = /NODE_OPTIONS="([^"]*)"/.exec(dockerfile)?.[1];
  if (options === undefined) throw new Error('the Dockerfile sets no NODE_OPTIONS');
  return options;
}
