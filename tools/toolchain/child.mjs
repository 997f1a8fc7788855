import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { ToolchainError } from './report.mjs';

/**
 * Runs a command with this process's stdio. Resolves with its exit status, or 128 + n if signal n ended it.
 *
 * A terminal sends Ctrl-C to all its foreground processes, including the command. Passing it on would make it the second
 * one, at which the worker ends at once. Without a terminal, only this process gets the signal and has to pass it on.
 */
export function runCommand(command, args, env) {
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
