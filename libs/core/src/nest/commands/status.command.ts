import { Database } from '../../foundation/database/database.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { RescueService } from '../../token/rescue/rescue.service.js';
import { SealedValues } from '../../foundation/sealing/sealed-values.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import { EXIT } from './flock-command.js';
import type { CommandContext, FlockCommand } from './flock-command.js';

/** What is in the store. */
export const status: FlockCommand = {
  name: 'status',
  summary: 'What is in the store: connections, keys, deployment, circuits, deliveries.',
  usage: '',
  options: {},
  mostArguments: 0,

  async run(context: CommandContext): Promise<number> {
    await reportDeployment(context);
    await reportConnections(context);
    await reportKeys(context);
    reportRescue(context);
    await reportCircuits(context);
    await reportDeliveries(context);
    return EXIT.done;
  },
};

async function reportDeployment({ app, output }: CommandContext): Promise<void> {
  const { stored, own, isOurs } = app.get(Deployment);
  const id = stored?.name ?? null;
  const restored = stored?.restoredAt === undefined ? '' : ', restored and not checked yet';
  output.say(
    'deployment',
    `deployment: ${id ?? 'none'}${restored}; this configuration: ${own ?? 'none'}${isOurs ? '' : ' (not adopted)'}`,
    { id, own: own ?? null, adopted: isOurs, restored: restored !== '' },
  );
  const rows = await app.get(Database).read('SELECT name FROM flock_migrations ORDER BY timestamp');
  const migrations = rows.map(({ name }) => String(name));
  output.say('migrations', `migrations: ${migrations.join(', ')}`, { migrations });
}

async function reportConnections({ app, output }: CommandContext): Promise<void> {
  const rows = await app.get(Database).read(
    `SELECT provider, app, environment, status, COUNT(*) AS number FROM flock_connection
     GROUP BY provider, app, environment, status ORDER BY provider, app, environment, status`,
  );
  for (const row of rows) {
    const { provider, app: name, environment, status: state } = row as Record<string, string>;
    const count = Number(row.number);
    const text = `connections: ${provider}/${name} ${environment}: ${count} ${state}`;
    output.say('connections', text, { provider, app: name, environment, status: state, count });
  }
}

async function reportKeys({ app, output }: CommandContext): Promise<void> {
  const values = await app.get(SealedValues).count();
  const files = app.get(RescueService).keysInFiles();
  const { keyIds } = app.get(SealingService);
  for (const id of new Set([...keyIds, ...values.keys(), ...files.keys()])) {
    const count = { values: values.get(id) ?? 0, rescueFiles: files.get(id) ?? 0 };
    const known = keyIds.includes(id);
    const state = known ? (id === keyIds[0] ? ', seals' : '') : ', MISSING here';
    output.say(
      'key',
      `key "${id}": ${count.values} values, ${count.rescueFiles} rescue files${state}`,
      { id, ...count, known, seals: id === keyIds[0] },
    );
  }
}

function reportRescue({ app, output }: CommandContext): void {
  for (const { connectionId, attemptId, deployment, here } of app.get(RescueService).files()) {
    const subject = connectionId ?? attemptId;
    const whose = here ? '' : `, of ${deployment ?? 'no deployment'}: not stored here`;
    output.say('rescue', `rescue file: ${subject}${whose}`, {
      connection: connectionId ?? null,
      attempt: attemptId,
      deployment: deployment ?? null,
      here,
    });
  }
}

async function reportCircuits({ app, output }: CommandContext): Promise<void> {
  const rows = await app
    .get(Database)
    .read(
      'SELECT kind, provider, app, failures, is_open FROM flock_circuit ORDER BY provider, app',
    );
  for (const row of rows) {
    const { kind, provider, app: name } = row as Record<string, string>;
    const [failures, open] = [Number(row.failures), Number(row.is_open) === 1];
    const text = `circuit: ${kind} of ${provider}/${name}: ${failures} failures${open ? ', stopped' : ''}`;
    output.say('circuit', text, { kind, provider, app: name, failures, open });
  }
}

async function reportDeliveries({ app, output }: CommandContext): Promise<void> {
  const rows = await app
    .get(Database)
    .read('SELECT status, COUNT(*) AS number FROM flock_delivery GROUP BY status ORDER BY status');
  for (const row of rows) {
    const [state, count] = [String(row.status), Number(row.number)];
    const name = state === 'dead' ? 'dead letters' : state;
    output.say('deliveries', `deliveries: ${count} ${name}`, { status: state, count });
  }
}
