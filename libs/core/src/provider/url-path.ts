/**
 * A path or a query whose values are percent-encoded, so that none of them is more than one part of it:
 *
 * ```ts
 * urlPath`/v1/companies/${companyId}/orders`
 * ```
 */
export const urlPath = (texts: TemplateStringsArray, ...values: readonly string[]): string =>
  String.raw({ raw: texts }, ...values.map(encodeURIComponent));
