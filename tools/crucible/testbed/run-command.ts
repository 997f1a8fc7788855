import { spawn } from 'node:child_process';

/** How a command of the worker ended. */
export interface CommandEnd {
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs the program with these arguments, after those to node, until it ends. */
export async function runCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<CommandEnd> {
  const child = spawn(process.execPath, [...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (status) => {
      resolve({ status, stderr });
    });
  });
}
