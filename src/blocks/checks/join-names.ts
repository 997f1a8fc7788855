/** Names as a phrase: `a, b and c`; those after the fifth are only counted. */
export function joinNames(names: readonly string[]): string {
  const MAX_SHOWN = 5;
  const shown = names.slice(0, MAX_SHOWN);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more.toLocaleString('en-US')} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
