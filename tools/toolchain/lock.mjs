import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { toolsDirectory } from './paths.mjs';
import { report } from './report.mjs';

export function processIsAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Runs `work` in one process at a time, because `npm test` and `npm run demo` may be started together in a fresh clone. The
 * lock is a file with the process id of its owner. A lock whose owner is not running is ignored.
 */
export async function withLock(work) {
  const file = join(toolsDirectory, 'lock');
  mkdirSync(toolsDirectory, { recursive: true });
  for (let waited = false; !acquire(file); waited = true) {
    if (!waited) report('another process is installing; waiting for it …');
    await sleep(250);
  }
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

function acquire(file) {
  // Written under another name and then linked, so that the lock never exists without its owner's id.
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  if (ownerIsAlive(file)) return false;
  rmSync(file, { force: true });
  return acquire(file);
}

function ownerIsAlive(file) {
  try {
    return processIsAlive(Number(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error.code === 'ENOENT') return false; // its owner has just released it
    throw error;
  }
}
