import { SandboxError } from '../sandbox-error.js';
import type { FlintApp } from './flint-app.js';
import { makeMerchant, type FlintMerchant } from './flint-merchant.js';

/** The registered apps and merchants. */
export class FlintDirectory {
  /** All merchants. Change it through this class: it keeps an index. */
  readonly merchants: FlintMerchant[] = [];
  private readonly apps = new Map<string, FlintApp>();
  private readonly merchantsById = new Map<string, FlintMerchant>();
  private generated = 0;

  constructor(merchants: readonly FlintMerchant[]) {
    for (const merchant of merchants) this.addMerchant(merchant);
  }

  addApp(app: FlintApp): FlintApp {
    this.apps.set(app.client_id, app);
    return app;
  }

  app(clientId: string): FlintApp | undefined {
    return this.apps.get(clientId);
  }

  appById(partnerAppId: string): FlintApp | undefined {
    return this.allApps().find(({ partner_app_id }) => partner_app_id === partnerAppId);
  }

  allApps(): FlintApp[] {
    return [...this.apps.values()];
  }

  addMerchant(merchant: FlintMerchant): FlintMerchant {
    this.merchants.push(merchant);
    this.merchantsById.set(merchant.merchant_id, merchant);
    return merchant;
  }

  /** A merchant nobody has met yet. */
  newMerchant(): FlintMerchant {
    this.generated += 1;
    const number = String(this.generated).padStart(6, '0');
    return this.addMerchant(makeMerchant(`gen_${number}`, `Merchant ${number}`));
  }

  findMerchant(id: string): FlintMerchant | undefined {
    return this.merchantsById.get(id);
  }

  merchant(id: string): FlintMerchant {
    const merchant = this.findMerchant(id);
    if (!merchant) throw new SandboxError(`There is no merchant ${id}.`);
    return merchant;
  }
}
