/** A user of a company, with the rights that the company gave. */
export interface FyndUser {
  readonly _id: string;
  readonly name: string;
  readonly email: string;
  /** Online tokens of this user carry no more than these. */
  readonly scopes: readonly string[];
}

/** A seller. */
export interface FyndCompany {
  readonly company_id: number;
  readonly name: string;
  readonly users: readonly FyndUser[];
}

/** What extensions of the sandbox may ask for. */
export const FYND_SCOPES = [
  'company/saleschannel',
  'company/application/settings',
  'company/product',
] as const;

/** Two companies; in each an owner with all rights and a clerk with one. */
export function defaultCompanies(): FyndCompany[] {
  return [
    company(1, 'Acorn Apparel', ['Asha', 'Arun']),
    company(2, 'Birch Bazaar', ['Bela', 'Bhuvan']),
  ];
}

function company(id: number, name: string, [owner, clerk]: [string, string]): FyndCompany {
  const user = (person: string, scopes: readonly string[]): FyndUser => ({
    _id: `user_${person.toLowerCase()}`,
    name: person,
    email: `${person.toLowerCase()}@company${id}.example`,
    scopes,
  });
  return {
    company_id: id,
    name,
    users: [user(owner, FYND_SCOPES), user(clerk, ['company/saleschannel'])],
  };
}
