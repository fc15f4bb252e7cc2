import type { FlintManifestPermission } from '@nest-flock/flint/administration';

/** What a partner app that is made here may ask merchants for. */
export const PERMISSIONS: readonly FlintManifestPermission[] = [
  {
    permissionId: 'manage_orders',
    title: 'Manage orders',
    description: 'See and change your orders.',
    requiredScopes: ['commerce.orders.read', 'commerce.orders.write'],
  },
  {
    permissionId: 'read_customers',
    title: 'Read customers',
    description: 'See your customers.',
    requiredScopes: ['customers.customers.read'],
    optional: true,
  },
  {
    permissionId: 'manage_payments',
    title: 'Manage payments',
    description: 'See and take payments.',
    requiredScopes: ['payments.payment_intents.read', 'payments.payment_intents.write'],
    optional: true,
  },
];
