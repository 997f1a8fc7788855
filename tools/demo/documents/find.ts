import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { importMarkdown, type ImportedBlock } from './markdown.js';

/** Becomes a note. */
export interface Document {
  readonly title: string;
  readonly blocks: readonly ImportedBlock[];
}

/** Only the beginning of each document is used, so that long ones do not dominate. */
const MAX_BLOCKS = 14;

/** A page with a diagram, because the READMEs have none. */
const OWN_PAGE = 'tools/demo/documents/how-a-block-is-embedded.md';

/** The READMEs of DefinitelyTyped are all the same. */
const WITHOUT_CONTENT = /^@types\//;

/**
 * Reads real documents that are present in every checkout: the READMEs of the installed dependencies in the order of their
 * names, and the demo's own page with a diagram.
 *
 * @param root the directory of package.json
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

/** The first blocks, without headings at the end that would have nothing below them. */
function beginning(blocks: readonly ImportedBlock[]): readonly ImportedBlock[] {
  const first = blocks.slice(0, MAX_BLOCKS);
  const last = first.findLastIndex(({ type }) => type !== 'heading');
  return first.slice(0, last + 1);
}
