/** Where the payer completes a session (PaymentRequests page). */
export const hostedUrl = (baseUrl: string, sessionId: string): string =>
  `${baseUrl}/app/?sessionId=${encodeURIComponent(sessionId)}`;
