import ts from 'typescript';

/**
 * Why a test's body can prove nothing, as far as its text tells: it asserts nothing, or may return
 * before it does. An assertion is a call of `expect…` in it or in a function of the same file that it
 * calls. A run tells the rest.
 */
export function bodyFlaw(body, source) {
  if (body === undefined || !isFunction(body)) return undefined;
  const first = firstAssertion(body, functionsOf(source), new Set());
  if (first === undefined) return 'asserts nothing';
  return earlyReturn(body.body, first) ? 'may return before its first assertion' : undefined;
}

const isFunction = (node) => ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** Where the first call stands by which something is asserted. */
function firstAssertion(node, functions, seen) {
  let found;
  const visit = (one) => {
    if (found !== undefined) return;
    if (
      ts.isCallExpression(one) &&
      ts.isIdentifier(one.expression) &&
      asserts(one.expression.text)
    ) {
      found = one.getStart();
      return;
    }
    ts.forEachChild(one, visit);
  };
  const asserts = (name) => {
    if (/^expect/.test(name)) return true;
    const known = functions.get(name);
    if (known === undefined || seen.has(name)) return false;
    return firstAssertion(known, functions, new Set([...seen, name])) !== undefined;
  };
  visit(node);
  return found;
}

/** A `return` of the test itself, not of a function in it, before `position`. */
function earlyReturn(node, position) {
  let found = false;
  const visit = (one) => {
    if (one.getStart() >= position || ts.isFunctionLike(one)) return;
    if (ts.isReturnStatement(one) && one.getEnd() < position) found = true;
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}

/** The functions that the file declares, by name. */
function functionsOf(source) {
  const functions = new Map();
  const visit = (node) => {
    if (ts.isFunctionDeclaration(node) && node.name) functions.set(node.name.text, node);
    if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.initializer !== undefined &&
      isFunction(node.initializer)
    ) {
      functions.set(node.name.text, node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return functions;
}
