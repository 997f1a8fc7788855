import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';

/** Runs a script as `with-toolchain.mjs` would. Sends the signal to the wrapper once the script has printed a line. */
async function wrapped(script: string, send?: NodeJS.Signals): Promise<{ lines: string[]; status: unknown }> {
  const wrapper = `import { runCommand } from './tools/toolchain/child.mjs';
    process.exitCode = await runCommand(process.execPath, ['-e', ${JSON.stringify(script)}], process.env);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', wrapper], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    if (send !== undefined && lines.length === 1) child.kill(send);
  });
  const [status] = (await once(child, 'close')) as [unknown];
  return { lines, status };
}

describe('a command run with the toolchain', () => {
  it.each([0, 1, 7])('passes its exit status %p on', async (status) => {
    expect(await wrapped(`process.exit(${status})`)).toEqual({ lines: [], status });
  });

  it('gets a signal once, and chooses its exit status', async () => {
    const script = `process.on('SIGTERM', () => { console.log('stopping'); process.exit(3); });
      console.log('ready'); setInterval(() => undefined, 1000);`;
    expect(await wrapped(script, 'SIGTERM')).toEqual({ lines: ['ready', 'stopping'], status: 3 });
  });

  it('gets an interruption that does not come from a terminal', async () => {
    const script = "console.log('ready'); setInterval(() => undefined, 1000);";
    expect(await wrapped(script, 'SIGINT')).toEqual({ lines: ['ready'], status: 130 });
  });
});
