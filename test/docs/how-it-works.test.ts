import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('docs/how-it-works.md', () => {
  it('lists the modules in the layers that eslint.config.js enforces', () => {
    const [, source = ''] = /const layers = (\[[^]*?\n\]);/.exec(textOf('eslint.config.js')) ?? [];
    const layers = [...source.matchAll(/^ {2}\[(.+)\],$/gm)].map(([, modules = '']) =>
      [...modules.matchAll(/'([\w.]+)'/g)].map(([, module = '']) => module),
    );
    const rows = textOf('docs/how-it-works.md').matchAll(/^\| (\d+) \| `([\w.]+)\/?` \|/gm);
    const documented: string[][] = [];
    for (const [, layer = '', module = ''] of rows) (documented[Number(layer) - 1] ??= []).push(module);
    expect(documented).toEqual(layers);
  });

  it('lists the outcomes of a job', () => {
    const [, type = ''] = /^export type Outcome =([^]*?);$/m.exec(textOf('src/pipeline/outcome.ts')) ?? [];
    const kinds = [...type.matchAll(/kind: ((?:'[\w-]+'(?: \| )?)+)/g)].flatMap(([, names = '']) =>
      [...names.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name),
    );
    const [, section = ''] = /^## Outcomes$([^]*?)^## /m.exec(textOf('docs/how-it-works.md')) ?? [];
    const documented = [...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = '']) => name);
    expect(kinds.length).toBe(10);
    expect(documented.sort()).toEqual(kinds.sort());
  });
});
