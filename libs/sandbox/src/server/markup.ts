const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is already safe to put into a page. */
export class Markup {
  constructor(readonly value: string) {}
}

/** What a template may contain; `false` and missing values become nothing. */
export type MarkupValue = Markup | string | number | false | undefined | readonly MarkupValue[];

function render(value: MarkupValue): string {
  if (value instanceof Markup) return value.value;
  if (value === undefined || value === false) return '';
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** Template tag: escapes every value that is not itself made by this tag. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(parts.reduce((page, part, index) => page + render(values[index - 1]) + part));
}
