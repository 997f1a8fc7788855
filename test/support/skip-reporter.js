import { relative } from 'node:path';
import process from 'node:process';

/** Prints what was skipped; the titles say why. Jest itself prints only a number. */
export default class SkipReporter {
  onRunComplete(_contexts, { testResults }) {
    for (const { testFilePath, testResults: tests } of testResults) {
      const titles = tests.filter(({ status }) => status === 'pending').map(({ ancestorTitles }) => ancestorTitles[0]);
      for (const title of new Set(titles)) {
        const count = titles.filter((other) => other === title).length;
        process.stderr.write(`SKIP ${relative(process.cwd(), testFilePath)}: ${title ?? 'no group'}: ${count} tests\n`);
      }
    }
  }
}
