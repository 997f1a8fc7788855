import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';
import { OPENAI } from '../../src/embedder/openai-dialect.js';

const NAMES = [OLLAMA.name, OPENAI.name];
const ROOT = join(import.meta.dirname, '../..');

/** A message that begins with the name of a server, as it is for each kind of server. */
function namingEach(node: ts.TemplateExpression, source: ts.SourceFile): string[] {
  const [span, ...others] = node.templateSpans;
  if (
    span === undefined ||
    others.length > 0 ||
    node.head.text !== '' ||
    !/\bname$/.test(span.expression.getText(source))
  )
    throw new Error(`a message that varies: ${node.getText(source)}`);
  return NAMES.map((name) => name + span.literal.text);
}

/** The messages that a source logs at level warn or error: the texts in the first argument, or in the function it spreads. */
function messagesIn(source: ts.SourceFile): string[] {
  const messages: string[] = [];
  const textsIn = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) messages.push(node.text);
    else if (ts.isTemplateExpression(node)) messages.push(...namingEach(node, source));
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(textsIn);
    else if (ts.isArrayLiteralExpression(node)) node.elements.slice(0, 1).forEach(textsIn);
    else if (ts.isSpreadElement(node) && ts.isCallExpression(node.expression)) {
      const name = node.expression.expression.getText(source);
      source.forEachChild((child) => {
        if (ts.isFunctionDeclaration(child) && child.name?.text === name) returnedBy(child);
      });
    }
  };
  const returnedBy = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) textsIn(node.expression);
    else node.forEachChild(returnedBy);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /\blog\??\.(warn|error)$/.test(node.expression.getText(source))) {
      node.arguments.slice(0, 1).forEach(textsIn);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return messages;
}

describe('docs/log-messages.md', () => {
  it('lists every message of level warn and error, and no other', async () => {
    const documented = await readFile(join(ROOT, 'docs/log-messages.md'), 'utf8');
    const missing: string[] = [];
    const found = new Set<string>();
    for (const name of await readdir(join(ROOT, 'src'), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = await readFile(join(ROOT, 'src', name), 'utf8');
      for (const message of messagesIn(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true))) {
        found.add(message);
        if (!documented.includes(`| \`${message}\` |`) && !documented.includes(`| \`\`${message}\`\` |`)) {
          missing.push(`src/${name}: ${message}`);
        }
      }
    }
    expect(missing).toEqual([]);
    expect(found.size).toBeGreaterThan(20);
    const rows = documented.matchAll(/^\| `+(.+?)`+ \| /gm);
    expect([...rows].map(([, message = '']) => message).filter((message) => !found.has(message))).toEqual([]);
  });
});
