import { markup, type Markup, type MarkupValue } from './markup.js';

/** A card with a title, and how many there are. */
export function section(title: string, count: number | undefined, content: Markup): Markup {
  return markup`<section class="card">
<h2>${title}${count !== undefined && markup` <span class="soft small">${count}</span>`}</h2>
${content}
</section>`;
}

/** A table that scrolls sideways where it is too wide. */
export function table(heads: readonly string[], rows: readonly (readonly MarkupValue[])[]): Markup {
  if (rows.length === 0) return markup`<p class="soft">None yet.</p>`;
  return markup`<div class="scroll" role="region" aria-label="${heads[0]}" tabindex="0"><table>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`)}
</tbody>
</table></div>`;
}

/** A word in a coloured pill. */
export function tag(kind: 'good' | 'bad', word: string): Markup {
  return markup`<span class="tag ${kind}">${word}</span>`;
}

/** Time of day, in UTC. */
export function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}
