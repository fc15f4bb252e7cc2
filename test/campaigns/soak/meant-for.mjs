// Every API call carries, as its `X-Request-Id`, whose token it is meant to be sent with.
const PREFIX = 'for.';
let number = 0;

/** @param owner as the sandbox names it in `token_of` */
export function requestIdFor(owner) {
  return `${PREFIX}${Buffer.from(owner).toString('base64url')}.${process.pid}.${(number += 1)}`;
}

/** The owner that a request id names; `undefined`: the call was not one of ours. */
export function meantFor(requestId) {
  if (!requestId.startsWith(PREFIX)) return undefined;
  return Buffer.from(requestId.slice(PREFIX.length).split('.')[0], 'base64url').toString();
}
