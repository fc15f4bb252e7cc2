/**
 * JSON in lines, for people. Its tokens stay as they are: parsed and written again, an amount of
 * `12.50` would become `12.5`, and a long number another one. What is no JSON is left alone.
 */
export function indentJson(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  return tokens
    .map((token) => {
      if (/^[[{]\s*[\]}]$/.test(token)) return token.replace(/\s/g, '');
      if (token === ':') return ': ';
      if (token === ',') return `,${line()}`;
      if (token === '{' || token === '[') {
        depth += 1;
        return token + line();
      }
      if (token !== '}' && token !== ']') return token;
      depth -= 1;
      return line() + token;
    })
    .join('');
}
