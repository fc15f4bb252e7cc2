import { Injectable } from '@nestjs/common';
import { DEFAULT_REFRESH_POLICY } from './refresh-policy.js';
import type { RefreshPolicy } from './refresh-policy.js';

/** The policy of this application, set once the options are read. */
@Injectable()
export class RefreshPolicyHolder {
  policy: RefreshPolicy = DEFAULT_REFRESH_POLICY;
}
