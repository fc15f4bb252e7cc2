/** A payment session to start with v2. Source: the v2 pages of Sessions/Initiate. */
export interface FlinksPayV2SessionStart {
  readonly type: 'e-Transfer' | 'EFT';
  /** Canadian dollars as an exact decimal text, `'0.01'` to `'99999.99'`. */
  readonly amount: string;
  /** Your own id of this payment, 1 to 100 characters; default a random GUID. */
  readonly referenceId?: string;
  /** Names and e-mail have at most 100 characters each. */
  readonly payor: {
    readonly firstName: string;
    readonly middleName?: string;
    readonly lastName: string;
    readonly email: string;
  };
  /** Not for regular EFT; default the settlement account of the customer. Digits: 3, 5, and 7 to 12. */
  readonly payee?: {
    readonly institutionCode: string;
    readonly transitNumber: string;
    readonly accountNumber: string;
  };
  /** e-Transfer only: FlinksPay mails the link itself. */
  readonly sendInteracLink?: boolean;
  /** EFT only: guaranteed EFT. Default `false`. */
  readonly guarantee?: boolean;
}

/** A v2 session that the payer can complete. */
export interface FlinksPayV2Session {
  readonly sessionId: string;
  readonly referenceId: string;
  /** The hosted page: send the payer there. */
  readonly url: string;
}

/** How a v2 session stands. */
export interface FlinksPayV2Status {
  readonly sessionId: string;
  /** An open set, with two spellings: `Cancelled` (e-Transfer) and `Canceled` (guaranteed EFT). */
  readonly status: string;
}

/** The details page's members that all types have. */
export interface FlinksPayV2Details extends FlinksPayV2Status {
  readonly referenceId?: string;
  /** With two decimals. */
  readonly amount?: string;
  readonly type?: string;
  /** The whole answer. It holds the payer's name, e-mail and account. */
  readonly data: Readonly<Record<string, unknown>>;
}
