import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { projectRoot } from '../../../tools/project-root.js';
import { launchStandIn } from '../../../tools/stand-in/launch.js';
import { embed, failure } from './client.js';

/** The stand-in, and what it imports. */
const SOURCES = ['tools/stand-in', 'src/base'];

let directory: string;
let script: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stand-in-'));
  script = join(directory, 'tools/stand-in/main.js');
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  for (const source of SOURCES) await compile(join(projectRoot(), source), join(directory, source));
});
afterAll(() => rm(directory, { recursive: true }));

async function compile(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!name.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(await readFile(join(from, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
    });
    await writeFile(join(to, name.replace(/\.ts$/, '.js')), outputText);
  }
}

describe('a stand-in in its own process', () => {
  test('embeds, can be controlled, and ends with status 0', async () => {
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

      expect(await ollama.swallow('embedding')).toBe(0);

      expect(await ollama.stats()).toMatchObject({ requests: 3, textsEmbedded: 3, byFault: { busy: 1 } });
      expect(await ollama.requests(1)).toMatchObject([{ number: 2, status: 503, recordedTexts: ['a'] }, { number: 3 }]);
      await expect(ollama.addFault({ preset: 'no such' as 'busy' })).rejects.toThrow('there is no preset named');
    } finally {
      await ollama.stop();
    }
    expect(ollama.process.exitCode).toBe(0);
    await ollama.stop();
  });

  test('takes new costs while it runs', async () => {
    const ollama = await launchStandIn({ textMs: 60_000 }, script);
    try {
      await ollama.setCosts({ textMs: 0, requestMs: 20 });
      await expect(ollama.setCosts({ textMs: -1 })).rejects.toThrow('textMs: expected a number from 0 up');
      expect(await embed(ollama, ['a', 'b'])).toMatchObject({ status: 200 });
      expect((await ollama.stats()).busyMs).toBeCloseTo(20, 3);
    } finally {
      await ollama.stop();
    }
  });

  test('ends with status 2 for an invalid option', async () => {
    await expect(launchStandIn({ parallel: 0 }, script)).rejects.toThrow('the stand-in ended during its start: 2');
  });

  test('prints its URL, and ends with the process that launched it', async () => {
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { launchStandIn } = await import(${JSON.stringify(pathToFileURL(join(directory, 'tools/stand-in/launch.js')))});
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
