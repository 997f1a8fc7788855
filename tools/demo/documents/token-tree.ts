import type { Token } from 'markdown-it';

/** A node of the tree that `tokenTree` makes from markdown-it's flat list of `…_open` and `…_close` tokens. */
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
