import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { launchStandIn } from '../../../tools/stand-in/launch.js';
import { embed, failure } from './client.js';

const SOURCES = join(import.meta.dirname, '../../../tools/stand-in');

let directory: string;
let script: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stand-in-'));
  script = join(directory, 'main.js');
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  for (const name of await readdir(SOURCES)) {
    if (!name.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(await readFile(join(SOURCES, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
    });
    await writeFile(join(directory, name.replace(/\.ts$/, '.js')), outputText);
  }
});
afterAll(() => rm(directory, { recursive: true }));

describe('a stand-in in a process of its own', () => {
  test('embeds, is controlled from here and ends with status 0', async () => {
    const ollama = await launchStandIn({ recordTexts: true, textMs: 1 }, script);
    try {
      expect(await embed(ollama, ['a', 'b'])).toMatchObject({ status: 200 });

      const id = await ollama.addFault({ preset: 'busy', text: 'a' });
      expect(await embed(ollama, 'a')).toMatchObject({ status: 503 });
      await ollama.clearFaults(id);
      await ollama.addFault('refuse');
      expect(await failure(embed(ollama, 'a'))).toBe('ECONNREFUSED');
      await ollama.clearFaults();
      expect(await embed(ollama, 'c')).toMatchObject({ status: 200 });

      expect(await ollama.stats()).toMatchObject({ requests: 3, textsEmbedded: 3, byFault: { busy: 1 } });
      expect(await ollama.requests(1)).toMatchObject([{ number: 2, status: 503, recordedTexts: ['a'] }, { number: 3 }]);
      await expect(ollama.addFault({ preset: 'no such' as 'busy' })).rejects.toThrow('there is no fault named');
    } finally {
      await ollama.stop();
    }
    expect(ollama.process.exitCode).toBe(0);
    await ollama.stop();
  });

  test('ends with status 2 for an option that it cannot take', async () => {
    await expect(launchStandIn({ parallel: 0 }, script)).rejects.toThrow('the stand-in ended at its start: 2');
  });

  test('prints where it listens, and ends with the process that launched it', async () => {
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { launchStandIn } = await import(${JSON.stringify(pathToFileURL(join(directory, 'launch.js')))});
       console.log((await launchStandIn()).url);
       setInterval(() => {}, 1_000);`,
    ]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const url = line.toString().trim();
    expect(await embed({ url }, 'a')).toMatchObject({ status: 200 });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    while ((await failure(embed({ url }, 'a'))) !== 'ECONNREFUSED');
  });

  test('started by hand prints one line of JSON and ends at SIGTERM', async () => {
    const child = spawn(process.execPath, [script, '--model', 'mine']);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url, controlUrl } = JSON.parse(line.toString()) as { url: string; controlUrl: string };
    expect(await embed({ url }, 'a', { model: 'mine' })).toMatchObject({ status: 200 });
    expect(controlUrl).not.toBe(url);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
