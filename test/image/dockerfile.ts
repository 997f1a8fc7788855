import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Step {
  /** Such as `RUN`. */
  readonly instruction: string;
  /** What follows it, on one line. */
  readonly rest: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

export interface Dockerfile {
  /** What `ARG` gives before the first stage. */
  readonly args: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** Reads the project's Dockerfile, as far as it goes: no heredocs, no escapes but the line's. */
export function readDockerfile(text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')): Dockerfile {
  const args: Record<string, string> = {};
  const stages: { base: string; name: string | undefined; steps: Step[] }[] = [];
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n');
  for (const line of lines.filter((line) => line.trim() !== '')) {
    const [, instruction = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === '') throw new Error(`Dockerfile: cannot read "${line}"`);
    const stage = stages.at(-1);
    if (instruction === 'FROM') {
      const [, base = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ base: base.replace(/\$\{(\w+)\}/g, (_, arg: string) => args[arg] ?? ''), name, steps: [] });
    } else if (stage !== undefined) stage.steps.push({ instruction, rest });
    else if (instruction === 'ARG') Object.assign(args, assignments(rest));
    else throw new Error(`Dockerfile: ${instruction} before the first stage`);
  }
  return { args, stages };
}

/** The last step of this kind. */
export function lastOf({ steps }: Stage, instruction: string): string {
  const step = steps.findLast((candidate) => candidate.instruction === instruction);
  if (step === undefined) throw new Error(`Dockerfile: no ${instruction}`);
  return step.rest;
}

/** All variables that a stage sets. */
export function environmentOf({ steps }: Stage): Record<string, string> {
  const set = steps.filter(({ instruction }) => instruction === 'ENV').map(({ rest }) => assignments(rest));
  return Object.assign({}, ...set) as Record<string, string>;
}

/** `A=1 B="2 3"` */
function assignments(text: string): Record<string, string> {
  const found = [...text.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g)];
  return Object.fromEntries(found.map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}
