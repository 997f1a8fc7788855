import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { importMarkdown, type ImportedBlock } from './markdown.js';

/** What becomes a note. */
export interface Document {
  readonly title: string;
  readonly blocks: readonly ImportedBlock[];
}

/** Of each document its beginning, so that no long one crowds out the others. */
const MAX_BLOCKS = 14;

/** READMEs draw no diagrams; this page of our own does. */
const OWN_PAGE = 'tools/demo/documents/how-a-block-is-embedded.md';

/** All of DefinitelyTyped's say the same, and none says anything. */
const WITHOUT_CONTENT = /^@types\//;

/**
 * Reads real documents that are there wherever the project is: the READMEs of the packages that it depends on, in the
 * order of their names, and a page of our own with a diagram.
 *
 * @param root the directory of package.json, node_modules and demo
 */
export async function findDocuments(root: string): Promise<Document[]> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const names = Object.keys({ ...dependencies, ...devDependencies })
    .filter((name) => !WITHOUT_CONTENT.test(name))
    .sort();
  const readmes = names.map(async (name) => {
    const directory = join(root, 'node_modules', name);
    const path = await readmeIn(directory);
    return path === undefined ? [] : [{ ...(await readDocument(join(directory, path))), title: name }];
  });
  return [...(await Promise.all(readmes)).flat(), await readDocument(join(root, OWN_PAGE))];
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function readmeIn(directory: string): Promise<string | undefined> {
  const files = existsSync(directory) ? await readdir(directory) : [];
  return files.sort().find((file) => /^readme\.(?:md|markdown)$/i.test(file));
}

async function readDocument(file: string): Promise<Document> {
  const { title = basename(file), blocks } = importMarkdown(await readFile(file, 'utf8'));
  return { title, blocks: beginning(blocks) };
}

/** The first blocks, up to a whole section: a heading with nothing below it is left out. */
function beginning(blocks: readonly ImportedBlock[]): readonly ImportedBlock[] {
  const first = blocks.slice(0, MAX_BLOCKS);
  const last = first.findLastIndex(({ type }) => type !== 'heading');
  return first.slice(0, last + 1);
}
