import type { FyndOptions } from './fynd.variables.js';

/** What is wrong with the options: each a sentence that names a variable. */
export function checkOptions({
  accessModes,
  scopes,
  panelOrigins,
  extensionPage: page,
}: FyndOptions): string[] {
  const modes = accessModes.length > 0 && accessModes.every((mode) => /^(on|off)line$/.test(mode));
  const origins = panelOrigins.every(
    (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
  );
  return [
    ...(modes ? [] : ['FYND_ACCESS_MODES is not usable; expected online, offline, or both']),
    ...(scopes.length > 0 ? [] : ['FYND_SCOPES names none; expected at least one scope']),
    ...(origins
      ? []
      : ['FYND_PANEL_ORIGINS is not usable; expected origins such as https://platform.fynd.com']),
    ...(page.startsWith('/') ? [] : ['FYND_EXTENSION_PAGE is not usable; expected a path']),
  ];
}
