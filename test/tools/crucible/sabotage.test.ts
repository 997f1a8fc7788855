import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { SABOTAGES, sabotageNamed, smallSlices, type Replacement } from '../../../tools/crucible/sabotage/sabotages.js';
import { projectRoot } from '../../../tools/project-root.js';

/** A module as `yarn build` makes it. */
async function built(module: string): Promise<string> {
  const source = await readFile(join(projectRoot(), 'src', module.replace(/\.js$/, '.ts')), 'utf8');
  return ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  }).outputText;
}

async function occurrences({ module, find }: Replacement): Promise<number> {
  return (await built(module)).split(find).length - 1;
}

describe('the size of the slices', () => {
  it('is set at one place in the worker', async () => {
    expect(await occurrences(smallSlices(2))).toBe(1);
  });
});

describe('a guard that the crucible switches off', () => {
  it.each([...Object.keys(SABOTAGES), 'poison-text'])('occurs exactly once in the worker: %s', async (name) => {
    for (const replacement of sabotageNamed(name).replacements) {
      expect([replacement.module, await occurrences(replacement)]).toEqual([replacement.module, 1]);
    }
  });

  it('breaks every invariant at least once, over all guards', () => {
    const broken = new Set(Object.values(SABOTAGES).flatMap(({ breaks }) => breaks));
    expect([...broken].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
