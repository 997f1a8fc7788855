import { RATE_WINDOW_SECONDS } from '../../queue/queue-report.js';
import { counted, duration, number, percent, printable, styled } from '../../terminal/output.js';
import { tableLines } from '../../terminal/table.js';
import { sweepLine } from './sweep-line.js';
import { waitingIn, type Hold, type StatusSnapshot } from './snapshot.js';

/** A snapshot as lines of text. */
export function renderStatus(snapshot: StatusSnapshot, server: string): string[] {
  return [...blockLines(snapshot.blocks), '', ...progressLines(snapshot, server)];
}

function blockLines({ total, estimated, byStatus, byType }: StatusSnapshot['blocks']): string[] {
  if (total === 0) return ['There are no blocks.'];
  const statuses = Object.keys(byStatus).filter((status) => status !== 'unset' || byStatus[status] !== 0);
  const row = (name: string, counts: Readonly<Record<string, number>>) => [
    name,
    ...statuses.map((status) => show(counts[status] ?? 0)),
    show(Object.values(counts).reduce((sum, count) => sum + count, 0)),
  ];
  const show = (count: number) => number(estimated ? round(count) : count);
  const [titles = '', ...lines] = tableLines(
    [
      { title: 'block type', maxWidth: 24 },
      ...[...statuses, 'total'].map((title) => ({ title, align: 'right' as const })),
    ],
    [
      ...Object.entries(byType).map(([type, counts]) => row(type === '' ? '(no type)' : type, counts)),
      row('all', byStatus),
    ],
  );
  const note = estimated ? [styled('dim', 'Block counts are estimates from a sample of the table.')] : [];
  return [styled('bold', titles), ...lines.slice(0, -1), styled('bold', lines.at(-1) ?? ''), ...note];
}

function progressLines(snapshot: StatusSnapshot, server: string): string[] {
  const { blocks, jobs, oldestWaitingSeconds, ratePerSecond, workers } = snapshot;
  const lines: [string, string][] = [
    ['embedded', embeddedLine(blocks)],
    ['jobs', jobs === null ? 'no queue yet; the first worker creates it' : jobsLine(jobs)],
    ['longest wait', longestWaitLine(jobs, oldestWaitingSeconds)],
    ['rate', rateLine(ratePerSecond)],
    ['remaining', remainingLine(snapshot)],
    ['errors', errorsLine(snapshot)],
    ['workers', workersLine(workers)],
  ];
  if (workers.count > 0) lines.push(['request size', requestSizeLine(workers)]);
  if (snapshot.sweep !== null) lines.push(['sweep', sweepLine(snapshot.sweep, snapshot.at)]);
  if (workers.gatesClosed.length > 0) lines.push(['gate', gateLine(workers, server)]);
  if (snapshot.hold !== null) lines.push(...holdLines(snapshot.hold, workers));
  if (workers.notificationsDown.length > 0) lines.push(['no notifications', notificationsLine(workers)]);
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${styled('bold', name.padEnd(width))}  ${text}`);
}

function embeddedLine({ embeddedShare, estimated }: StatusSnapshot['blocks']): string {
  if (embeddedShare === null) return 'nothing to embed';
  return `${estimated ? 'about ' : ''}${percent(embeddedShare)} (skipped blocks not counted)`;
}

function jobsLine({ created, retry, active, deadLetters }: NonNullable<StatusSnapshot['jobs']>): string {
  const live = `${number(created)} queued, ${number(retry)} waiting to retry, ${number(active)} active`;
  return `${live}, ${counted(deadLetters, 'dead letter')}`;
}

function longestWaitLine(jobs: StatusSnapshot['jobs'], seconds: number | null): string {
  if (jobs === null) return 'unknown';
  return seconds === null ? 'no job waits' : duration(seconds);
}

/** A sample may miss the few blocks that failed; dead letters are always counted. */
function errorsLine({ blocks, jobs }: StatusSnapshot): string {
  const errors = Math.max(blocks.byStatus['error'] ?? 0, blocks.estimated ? (jobs?.deadLetters ?? 0) : 0);
  if (errors === 0) return 'none';
  return styled('red', `${counted(errors, 'block')} failed permanently (see: embedding-worker errors)`);
}

function rateLine(ratePerSecond: number | null): string {
  if (ratePerSecond === null) return 'unknown';
  if (ratePerSecond === 0) return `nothing embedded in the last ${duration(RATE_WINDOW_SECONDS)}`;
  const digits = ratePerSecond < 10 ? 1 : 0;
  if (ratePerSecond < 0.1) return `${number(Math.max(1, Math.round(ratePerSecond * 3600)))} blocks per hour`;
  return `${number(Number(ratePerSecond.toFixed(digits)))} blocks per second`;
}

function remainingLine({ blocks, etaSeconds, workers }: StatusSnapshot): string {
  const left = waitingIn(blocks);
  if (left === 0) return blocks.estimated ? 'few or none' : 'nothing';
  const what = blocks.estimated ? `about ${number(round(left))} blocks` : counted(left, 'block');
  if (etaSeconds !== null) return `${what}, done in about ${duration(etaSeconds)}`;
  return workers.count === 0 ? `${what}, but no worker is connected` : what;
}

function workersLine({ count, leader }: StatusSnapshot['workers']): string {
  if (count === 0) return styled('yellow', 'none connected');
  return leader === null
    ? `${number(count)} connected, ${styled('yellow', 'no leader yet')}`
    : `${number(count)} connected, leader ${printable(leader)}`;
}

function requestSizeLine({ instances }: StatusSnapshot['workers']): string {
  const sizes = instances.map(({ requestTexts }) => requestTexts);
  const least = Math.min(...sizes);
  const most = Math.max(...sizes);
  return least === most ? counted(most, 'text') : `${number(least)} to ${counted(most, 'text')}`;
}

function gateLine({ gatesClosed, count }: StatusSnapshot['workers'], server: string): string {
  const where = gatesClosed.length === count ? '' : ` at ${gatesClosed.map(printable).join(', ')}`;
  return styled(
    'red',
    `closed${where}: ${server} cannot embed now; blocks wait until it recovers (see: embedding-worker doctor)`,
  );
}

function holdLines({ message, fix }: Hold, { held, count }: StatusSnapshot['workers']): [string, string][] {
  const where = held.length === count ? '' : ` at ${held.map(printable).join(', ')}`;
  const what: [string, string] = [
    'paused',
    styled('red', `${printable(message)}; blocks wait${where} until it is fixed`),
  ];
  return [what, ...(fix?.split('\n') ?? []).map((line): [string, string] => ['', `fix: ${printable(line)}`])];
}

function notificationsLine({ notificationsDown }: StatusSnapshot['workers']): string {
  return styled(
    'yellow',
    `${notificationsDown.map(printable).join(', ')}: NOTIFY does not arrive; edits wait for the next sweep (see: embedding-worker doctor)`,
  );
}

/** To two digits: a sample is no more precise. */
function round(count: number): number {
  return Number(count.toPrecision(2));
}
