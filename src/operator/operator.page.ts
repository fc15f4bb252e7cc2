import { deliveriesSection } from '../deliveries/deliveries.section.js';
import { DELIVERIES_SCRIPT } from '../deliveries/deliveries.script.js';
import { ADMINISTRATION_SCRIPT } from '../flint/administration/administration.script.js';
import { administrationSection } from '../flint/administration/administration.section.js';
import { renderPage } from '../home/page.js';
import type { Host } from '../host.js';

/** Deliveries, and the administration of what can be administered. */
export function renderOperator(nonce: string, host: Host): string {
  const flint = host.providers.includes('flint');
  return renderPage(nonce, host, {
    title: 'Operator',
    introduction: 'For whoever runs this host. <a href="/">All providers</a>',
    main: `${flint ? administrationSection() : ''}\n${deliveriesSection(host)}`,
    script: DELIVERIES_SCRIPT + (flint ? ADMINISTRATION_SCRIPT : ''),
  });
}
