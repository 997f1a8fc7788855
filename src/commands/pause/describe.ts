import type { Pause } from '../../queue/pause.js';
import { duration } from '../../terminal/output.js';

/** What a pause includes, as the subject of a sentence. */
export function subjectOf({ parts }: Pick<Pause, 'parts'>): string {
  return parts.includes('live') ? 'all work' : 'the backlog';
}

/** Until when it lasts: `until 2026-02-01 06:00:00 +01:00 (2026-02-01 05:00:00 UTC), in 8 h`. */
export function endOf({ until }: Pick<Pause, 'until'>, now: Date): string {
  if (until === null) return 'until somebody runs embedding-worker resume';
  return `until ${localAndUtc(until)}, in ${duration((until.getTime() - now.getTime()) / 1000)}`;
}

/** A time in the zone of this process and in UTC, so that nobody has to guess: a container's zone is often UTC. */
export function localAndUtc(time: Date): string {
  const utc = `${inZone(time, 0)} UTC`;
  const minutes = -time.getTimezoneOffset();
  if (minutes === 0) return utc;
  const part = (value: number) => String(value).padStart(2, '0');
  const offset = `${part(Math.floor(Math.abs(minutes) / 60))}:${part(Math.abs(minutes) % 60)}`;
  return `${inZone(time, minutes)} ${minutes < 0 ? '-' : '+'}${offset} (${utc})`;
}

function inZone(time: Date, offsetMinutes: number): string {
  return new Date(time.getTime() + offsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}
