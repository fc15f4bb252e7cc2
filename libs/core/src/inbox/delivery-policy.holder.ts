import { Injectable } from '@nestjs/common';
import { DEFAULT_DELIVERY_POLICY } from './delivery-policy.js';
import type { DeliveryPolicy } from './delivery-policy.js';

/** The policy of this app; complete once the options are read. */
@Injectable()
export class DeliveryPolicyHolder {
  policy: DeliveryPolicy = DEFAULT_DELIVERY_POLICY;
}
