import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { ToolchainError } from './report.mjs';

/**
 * Runs the command with our own stdio and resolves with its exit status; 128 + n where signal n ended it.
 *
 * A terminal sends Ctrl-C to all processes in its foreground, so the command has it already: passed on, it would count
 * as the second one, which means "at once" to the worker. Without a terminal nobody else tells it.
 */
export function runToTheEnd(command, args, env) {
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit', shell: process.platform === 'win32' });
    const handlers = new Map([
      ['SIGINT', () => onTerminal || child.kill('SIGINT')],
      ['SIGTERM', () => child.kill('SIGTERM')],
      ['SIGHUP', () => child.kill('SIGHUP')],
    ]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const settle = (outcome) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      outcome();
    };
    child.once('error', (error) => {
      settle(() => reject(new ToolchainError(`cannot run ${command}: ${error.message}`)));
    });
    child.once('exit', (code, signal) => {
      settle(() => resolve(code ?? 128 + constants.signals[signal]));
    });
  });
}
