import type { Exchange } from '../server/exchange.js';
import type { FlexPayWorld } from './flex-pay-world.js';

/** Whether the caller's address is not on the list that was approved. */
export function isBlocked({ settings }: FlexPayWorld, exchange: Exchange): boolean {
  if (settings.blockAddress) return true;
  const address = exchange.request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return settings.allowedAddresses !== undefined && !settings.allowedAddresses.includes(address);
}
