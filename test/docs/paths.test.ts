import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT })
  .toString()
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(ROOT, page)));

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The page without its fenced code. */
const proseOf = (page: string) => textOf(page).replaceAll(/^```[^]*?^```$/gm, '');

/** GitHub's anchors of the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  it('links only to files and headings that exist', () => {
    const broken: string[] = [];
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) broken.push(target);
      else if (anchor !== undefined && !anchorsOf(file).includes(anchor)) broken.push(target);
    }
    expect(broken).toEqual([]);
  });

  it('names only files and folders that exist', () => {
    const named = [...textOf(page).matchAll(/(?<![\w./-])(?:src|test|tools|k8s|docs|\.ci)\/[\w./-]*\w\/?/g)];
    const missing = named
      .map(([path]) => path)
      .filter((path) => !existsSync(join(ROOT, path)))
      .filter((path) => !existsSync(join(ROOT, dirname(page), path)));
    expect(missing).toEqual([]);
  });
});
