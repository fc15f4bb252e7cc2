import { Global, Module } from '@nestjs/common';
import { FlintPartnerApps } from './flint.partner-apps.js';
import { FlintReconciler } from './flint.reconciler.js';

/**
 * For hosts that administer: provides `FlintPartnerApps`, and compares installs with Flint's. Import
 * it once, beside `FlintModule`; it serves every registration of that.
 */
@Global()
@Module({ providers: [FlintPartnerApps, FlintReconciler], exports: [FlintPartnerApps] })
export class FlintAdministrationModule {}
