import type { Token } from 'markdown-it';

/** markdown-it gives a flat list in which `…_open` and `…_close` enclose; this is the same as a tree. */
export interface Branch {
  readonly token: Token;
  readonly children: readonly Branch[];
}

export function tokenTree(tokens: readonly Token[]): Branch[] {
  const top: Branch[] = [];
  const open: Branch[][] = [top];
  for (const token of tokens) {
    if (token.nesting === -1) {
      open.pop();
      continue;
    }
    const children: Branch[] = [];
    open.at(-1)?.push({ token, children });
    if (token.nesting === 1) open.push(children);
  }
  return top;
}
