import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** One text of the source that a user may read, with `{…}` where a value stands. */
export interface Message {
  readonly file: string;
  /** What it is an argument of: `Failure`, `FormatError`, `option` …; 'text' when it is none of these. */
  readonly role: string;
  /** A failure's or diagnostic's code, a format's name. */
  readonly code?: string;
  readonly text: string;
}

/** Calls whose first argument is a code and whose later ones are for people. */
const coded = /^(?:\w*Failure|FormatError|report|fault|bad[A-Z]\w*|\w*[fF]ault)$/;
const commander = new Set([
  'description',
  'summary',
  'option',
  'Option',
  'requiredOption',
  'argument',
  'Argument',
  'addHelpText',
  'InvalidArgumentError',
]);

/** Every text of the files that reads like words for people, in the order of the source. */
export function messagesOf(files: readonly string[], nameOf: (file: string) => string): Message[] {
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const found: Message[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
      if (ts.isTaggedTemplateExpression(node)) {
        // A command of a script, not words.
        if (ts.isTemplateExpression(node.template)) {
          for (const span of node.template.templateSpans) visit(span.expression);
        }
        return;
      }
      const text = ts.isExpression(node) ? textOf(node) : undefined;
      if (text === undefined) {
        ts.forEachChild(node, visit);
        return;
      }
      if (isForPeople(text)) found.push({ file: nameOf(file), ...roleOf(node), text });
      visitHoles(node, visit);
    };
    visit(source);
    return found;
  });
}

/** A string, a template, or such joined by `+`, as one text; undefined for anything else. */
function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return (
      node.head.text +
      node.templateSpans.map((span) => `{${hole(span.expression)}}${span.literal.text}`).join('')
    );
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    if (left === undefined && right === undefined) return undefined;
    return (left ?? `{${hole(node.left)}}`) + (right ?? `{${hole(node.right)}}`);
  }
  return undefined;
}

/** What stands in a template's hole: the words of a choice between texts, else the expression, shortened. */
function hole(node: ts.Expression): string {
  if (ts.isParenthesizedExpression(node)) return hole(node.expression);
  if (ts.isConditionalExpression(node)) {
    return `${textOf(node.whenTrue) ?? hole(node.whenTrue)} | ${textOf(node.whenFalse) ?? hole(node.whenFalse)}`;
  }
  const text = node.getText().replace(/\s+/g, ' ');
  return text.length <= 40 ? text : '…';
}

/** Texts within calls in a template's holes are texts of their own; choices have been shown where they stand. */
function visitHoles(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTemplateExpression(node))
    for (const span of node.templateSpans) visitInside(span.expression, visit);
  else if (ts.isBinaryExpression(node)) {
    for (const side of [node.left, node.right]) {
      if (textOf(side) === undefined) visitInside(side, visit);
      else visitHoles(side, visit);
    }
  }
}

function visitInside(node: ts.Expression, visit: (node: ts.Node) => void): void {
  if (ts.isParenthesizedExpression(node)) visitInside(node.expression, visit);
  else if (ts.isConditionalExpression(node)) {
    for (const side of [node.whenTrue, node.whenFalse]) {
      if (textOf(side) === undefined) visitInside(side, visit);
      else visitHoles(side, visit);
    }
  } else visit(node);
}

/** Two words with a blank between them, or a single word with a full stop: not a flag, a path, a key or a command. */
function isForPeople(text: string): boolean {
  const words = text.replace(/\{[^{}]*\}/g, 'x');
  return (
    /(?:^|[^\w/.-])[A-Za-z][a-z']*[,;:]? (?:[("'–]*[A-Za-z]|\d)/.test(words) || /^[A-Z][a-z]+\.$/.test(text)
  );
}

function roleOf(node: ts.Node): { role: string; code?: string } {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    const { parent } = at;
    if (ts.isPropertyAssignment(parent) && parent.name.getText() === 'hint') return { role: 'hint' };
    if (ts.isThrowStatement(parent) || ts.isBlock(parent) || ts.isArrowFunction(parent)) break;
    if ((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression !== at) {
      const name = parent.expression.getText().split('.').at(-1) ?? '';
      if (coded.test(name)) {
        const code = parent.arguments?.find(
          (each) => ts.isStringLiteral(each) && /^[a-z0-9-]+$/.test(each.text),
        );
        return { role: name, ...(code === undefined ? {} : { code: (code as ts.StringLiteral).text }) };
      }
      if (commander.has(name)) return { role: name };
    }
  }
  return { role: 'text' };
}

/** The page that one reader can read whole: a heading a file, a paragraph a text. */
export function renderMessages(messages: readonly Message[]): string {
  const files = [...new Set(messages.map(({ file }) => file))];
  const parts = files.map((name) => {
    const lines = messages
      .filter(({ file }) => file === name)
      .map(({ role, code, text }) => {
        const label = role === 'text' ? '- ' : `- ${role}${code === undefined ? '' : ` ${code}`}: `;
        return `${label}${visible(text).replaceAll('\n', '\n    ')}`;
      });
    return [name, ...lines].join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

/** Control characters as their escapes: the page is a text file. */
function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is escaped
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
}
