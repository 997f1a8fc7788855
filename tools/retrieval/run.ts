import { SentenceModel } from '../stand-in/sentence-model.js';
import { readCorpus } from './corpus.js';
import { EmbeddingCache } from './embedding-cache.js';
import { answerAll } from './measure.js';
import type { RetrievalOptions } from './options.js';
import { compare, readRecorded, record, toRecord } from './recorded.js';
import { figuresOf, missesOf, tableOf, type Measured } from './report.js';
import { nameOf } from './settings.js';

/** Measures the settings and prints the figures on stdout; progress and verdicts go to stderr. Returns the exit status. */
export async function runRetrieval(options: RetrievalOptions): Promise<number> {
  const corpus = await readCorpus();
  const model = new SentenceModel();
  const cache = new EmbeddingCache((texts) => model.embed(texts));
  const measured: Measured[] = [];
  for (const setting of options.settings) {
    const start = performance.now();
    const sizeBefore = cache.size;
    measured.push({ setting, answered: await answerAll(corpus, setting, cache.embed) });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    note(`${nameOf(setting)}: embedded ${cache.size - sizeBefore} texts in ${seconds} s`);
  }
  const figures = figuresOf(measured, options.seed);
  console.log(options.json ? JSON.stringify(figures, undefined, 2) : tableOf(figures));
  if (options.misses) {
    const answersOf = (need: number) => corpus.needs[need]?.answers ?? [];
    for (const miss of measured.flatMap((one) => missesOf(one, answersOf))) note(miss);
  }
  const [first] = figures;
  if (first === undefined || !(options.check || options.record)) return 0;
  const now = toRecord(corpus, first);
  if (options.record) await record(now);
  if (!options.check) return 0;
  const { isReached, verdict } = compare(now, await readRecorded());
  note(verdict);
  return isReached ? 0 : 1;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
