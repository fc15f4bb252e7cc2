/** Whether a value from outside is a text that a column of this length keeps; PostgreSQL keeps no NUL. */
export const fitsColumn = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longest && !value.includes('\u0000');
