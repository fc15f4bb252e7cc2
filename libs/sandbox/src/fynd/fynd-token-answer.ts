/** What the token routes answer. */
export interface FyndTokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds; `null` with the setting `omitExpiresIn`. */
  readonly expires_in: number | null;
  /** Milliseconds since 1970. The guide names no unit. */
  readonly expires_at: number | null;
  readonly scope: readonly string[];
}

/** A user's token. */
export interface FyndOnlineAnswer extends FyndTokenAnswer {
  readonly current_user: { readonly _id: string; readonly name: string; readonly email: string };
}

/** A company's token. */
export interface FyndOfflineAnswer extends FyndTokenAnswer {
  readonly refresh_token: string;
}
