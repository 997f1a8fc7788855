/**
 * What can be chosen about the texts that are embedded. The first choice of each is the default: what the worker and
 * `embedding-worker search` do with a model that was not trained with instructions, which this one was not.
 */
export const CHOICES = {
  /** What stands before a block's text: one of the worker's settings (docs/context.md), or nothing. */
  context: ['headings', 'none', 'title', 'path'],
  /** What stands before a query: nothing, the instruction of the documents, or the form of qwen3-embedding. */
  query: ['bare', 'instruction', 'instruct'],
  /** What stands before a document: the platform's instruction, or nothing. */
  documents: ['instruction', 'bare'],
  /** A table as the worker writes it, or as a Markdown table. */
  tables: ['header-value', 'pipes'],
  /** Code as the worker writes it, with its language on the first line, or without. */
  code: ['language', 'bare'],
} as const;

type Choices = typeof CHOICES;
type Aspect = keyof Choices;
export type Setting = { readonly [Name in Aspect]: Choices[Name][number] };
export type QueryForm = Setting['query'];

const ASPECTS = Object.keys(CHOICES) as Aspect[];

export const DEFAULT_SETTING: Setting = {
  context: CHOICES.context[0],
  query: CHOICES.query[0],
  documents: CHOICES.documents[0],
  tables: CHOICES.tables[0],
  code: CHOICES.code[0],
};

/** The default, and each other choice by itself. */
export function eachChoiceAlone(): Setting[] {
  const others = ASPECTS.flatMap((aspect) => CHOICES[aspect].slice(1).map((choice) => `${aspect}=${choice}`));
  return ['default', ...others].map(readSetting);
}

/** Settings by name, separated by commas: `default,context=path,context=path+query=instruct`. */
export function readSettings(names: string): Setting[] {
  return names.split(',').map(readSetting);
}

/** How a setting differs from the default, in the notation that `readSettings` reads. */
export function nameOf(setting: Setting): string {
  const changes = ASPECTS.filter((aspect) => setting[aspect] !== DEFAULT_SETTING[aspect]);
  return changes.map((aspect) => `${aspect}=${setting[aspect]}`).join('+') || 'default';
}

/** @throws RangeError naming what is unknown, and what is known */
function readSetting(name: string): Setting {
  if (name === 'default') return DEFAULT_SETTING;
  return name.split('+').reduce<Setting>((setting, change) => ({ ...setting, ...readChange(change) }), DEFAULT_SETTING);
}

function readChange(change: string): Partial<Setting> {
  const [name, value] = change.split('=');
  const aspect = ASPECTS.find((known) => known === name);
  if (aspect === undefined) throw new RangeError(`--settings: unknown "${change}"; use default, or ${changes()}`);
  const choices: readonly string[] = CHOICES[aspect];
  if (value === undefined || !choices.includes(value)) {
    throw new RangeError(`--settings: unknown "${change}"; ${aspect} is one of ${choices.join(', ')}`);
  }
  return { [aspect]: value };
}

function changes(): string {
  return ASPECTS.map((aspect) => `${aspect}=…`).join(', ');
}
