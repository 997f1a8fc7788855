import { readFile } from 'node:fs/promises';

/** The example of a command's JSON in docs/commands.md. */
export async function documentedJson(command: string): Promise<unknown> {
  const text = await readFile(new URL('../../docs/commands.md', import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${command}\n`));
  const json = /```json\n([^]*?)```/.exec(section ?? '')?.[1];
  if (json === undefined) throw new Error(`docs/commands.md has no JSON of ${command}`);
  return JSON.parse(json);
}

/** The shape of a value: its keys and the types of their values. A list has the shape of its first entry. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shapeOf(entry)]));
}
