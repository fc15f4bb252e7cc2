import ts from 'typescript';

const FUNCTIONS = new Set(['describe', 'it', 'test']);

/**
 * Other names of `describe`, `it` and `test` in a file, such as `const suite = hasServer ? describe :
 * describe.skip`. Where one of two may run, that one counts: whether it did, the report of a run says.
 */
export function testAliases(source) {
  const aliases = new Map();
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      const meant = read(node.initializer);
      if (meant !== undefined) aliases.set(node.name.text, meant);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    get: (name) => {
      // By its name alone where another file declares it.
      const imported = /^(describe|it|test)On[A-Z]/.exec(name)?.[1];
      return aliases.get(name) ?? (imported && { name: imported, words: [] });
    },
  };
}

function read(node) {
  if (ts.isConditionalExpression(node)) {
    const [one, other] = [read(node.whenTrue), read(node.whenFalse)];
    return one?.words.includes('skip') ? (other ?? one) : (one ?? other);
  }
  const words = [];
  let callee = node;
  while (ts.isPropertyAccessExpression(callee)) {
    words.unshift(callee.name.text);
    callee = callee.expression;
  }
  if (!ts.isIdentifier(callee)) return undefined;
  const name = callee.text.replace(/^x/, '');
  if (!FUNCTIONS.has(name)) return undefined;
  return { name, words: callee.text === name ? words : ['skip', ...words] };
}
