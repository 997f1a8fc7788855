import { readdir, readFile } from 'node:fs/promises';

/** Linux's USER_HZ, which is 100 on all architectures we run on (proc(5), getconf CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** Resources that a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Resident memory now and at its peak. */
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Resident memory that it shares with no other process and no file. */
  readonly privateBytes: number;
}

/** @throws Error if there is no such process, or no /proc */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([readStat(pid), readFile(`/proc/${pid}/status`, 'utf8')]);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return {
    cpuSeconds: stat.ownTicks / TICKS_PER_SECOND,
    rssBytes: kilobytes('VmRSS') * 1024,
    peakRssBytes: kilobytes('VmHWM') * 1024,
    privateBytes: kilobytes('RssAnon') * 1024,
  };
}

/** CPU seconds of a process and its direct children, including those that have ended. */
export async function cpuSecondsOfTree(root: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map((pid) => readStat(pid).catch(() => undefined))); // it may have ended
  const children = stats.filter((stat) => stat?.parent === root);
  const own = stats.find((stat) => stat?.pid === root);
  if (own === undefined) throw new Error(`no process ${root}`);
  const ticks = own.ownTicks + own.reapedTicks + children.reduce((sum, stat) => sum + (stat?.ownTicks ?? 0), 0);
  return ticks / TICKS_PER_SECOND;
}

async function readStat(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may contain anything. The fields after it are numbered from 3 in proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { pid, parent: field(4), ownTicks: field(14) + field(15), reapedTicks: field(16) + field(17) };
}
