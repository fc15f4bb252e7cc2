/** The two worlds of Flint. */
export type FlintMode = 'test' | 'live';

export interface FlintEnvironment {
  readonly environment_id: string;
  readonly mode: FlintMode;
  readonly name: string;
}

export interface FlintMerchant {
  readonly merchant_id: string;
  readonly name: string;
  /** Whether live installs are allowed. May be changed while the sandbox runs. */
  onboarded: boolean;
  /** The first one of a mode is the default of that mode. */
  readonly environments: FlintEnvironment[];
}

/** The environment a request is about; `undefined` when the merchant has none like it. */
export function environmentOf(
  merchant: FlintMerchant,
  mode: FlintMode,
  environmentId?: string,
): FlintEnvironment | undefined {
  return merchant.environments.find(
    (candidate) =>
      candidate.mode === mode &&
      (environmentId === undefined || candidate.environment_id === environmentId),
  );
}

/** A merchant with one test and one live environment. `short` makes the ids: `acorn` gives `mer_acorn`. */
export function makeMerchant(short: string, name: string, onboarded = true): FlintMerchant {
  return {
    merchant_id: `mer_${short}`,
    name,
    onboarded,
    environments: [
      { environment_id: `test_${short}`, mode: 'test', name: 'Test' },
      { environment_id: `menv_${short}`, mode: 'live', name: 'Live' },
    ],
  };
}

/** Acorn and Birch may go live, Cedar may not; Birch has a second test environment. */
export function defaultMerchants(): FlintMerchant[] {
  const birch = makeMerchant('birch', 'Birch Books');
  birch.environments.push({ environment_id: 'test_birch_2', mode: 'test', name: 'Test 2' });
  return [
    makeMerchant('acorn', 'Acorn Coffee'),
    birch,
    makeMerchant('cedar', 'Cedar Cycles', false),
  ];
}
