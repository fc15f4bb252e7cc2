/** Without the slashes at its end: paths are put behind it. */
export const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
