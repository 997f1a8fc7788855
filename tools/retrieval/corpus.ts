import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** A page of the knowledge base, in the format of one editor. */
export interface Note {
  readonly title: string;
  readonly editor: string;
  /** The type of the content column: see `BlockSource`. */
  readonly column: 'text' | 'json';
  readonly source: Source;
  readonly blocks: readonly Block[];
}

export interface Source {
  readonly package: string;
  /** Absent for pages of this project. */
  readonly version?: string;
  /** SPDX identifier. */
  readonly license: string;
  /** The page in the package; absent if it was written for the corpus. */
  readonly file?: string;
}

export interface Block {
  readonly id: string;
  readonly type: string;
  /** The column's value as Postgres prints it. */
  readonly content: string;
  /** Of a heading: 1 to 6. */
  readonly level?: number;
  /** Of code whose language is known, as the editor stores it. */
  readonly language?: string;
  /** Of a table: the same in Markdown. */
  readonly pipes?: string;
}

/** Something that somebody looks for, asked in two ways. */
export interface Need {
  /** As one types it into a search box. */
  readonly short: string;
  readonly sentence: string;
  /** The ids of the blocks that answer it. */
  readonly answers: readonly string[];
}

export interface Corpus {
  readonly notes: readonly Note[];
  readonly needs: readonly Need[];
}

/** A line of a note's file: what `Block` has, with the content as the editor stores it. */
type StoredBlock = Omit<Block, 'content'> & { readonly content: unknown };

/** A note's file consists of lines of JSON: the note, then its blocks in order. */
export async function readCorpus(): Promise<Corpus> {
  const directory = join(projectRoot(), 'tools/retrieval/corpus');
  const files = (await readdir(join(directory, 'notes'))).sort();
  const [notes, needs] = await Promise.all([
    Promise.all(files.map((file) => readNote(join(directory, 'notes', file)))),
    readFile(join(directory, 'questions.json'), 'utf8'),
  ]);
  return { notes, needs: JSON.parse(needs) as Need[] };
}

async function readNote(path: string): Promise<Note> {
  const [first = '', ...rest] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const note = JSON.parse(first) as Omit<Note, 'blocks'>;
  return { ...note, blocks: rest.map((line) => readBlock(JSON.parse(line) as StoredBlock, note.column)) };
}

function readBlock(block: StoredBlock, column: Note['column']): Block {
  const content = column === 'text' ? String(block.content) : JSON.stringify(block.content);
  return { ...block, content };
}
