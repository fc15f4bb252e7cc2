// A Nest app in a process of its own with three routes for webhooks: ours, one that only holds the
// raw body, and one as a team would write it, an insert per request through TypeORM.
import 'reflect-metadata';
import { Controller, HttpCode, Injectable, Module, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { DataSource, EntitySchema } from 'typeorm';
import { FlockModule } from '@nest-flock/core';
import { FlintModule, OnFlintEvent } from '@nest-flock/flint';

const { adapter, databaseUrl, directory, webhookSecret, background } = JSON.parse(process.argv[2]);

/** What a decorator in front of a method does. */
const decorate = (type, method, ...decorators) => {
  const target = type.prototype;
  const descriptor = Object.getOwnPropertyDescriptor(target, method);
  for (const one of decorators) one(target, method, descriptor);
};
const withRequest = (type, method) => Req()(type.prototype, method, 0);

/** A clear body and no states: less than ours keeps. */
const plain = new EntitySchema({
  name: 'PlainDelivery',
  tableName: 'plain_delivery',
  columns: {
    id: { type: 'varchar', primary: true },
    type: { type: 'varchar' },
    receivedAt: { type: 'bigint' },
    body: { type: 'text' },
  },
});
const postgres = databaseUrl.startsWith('postgres');
const dataSource = await new DataSource({
  ...(postgres
    ? { type: 'postgres', url: databaseUrl }
    : {
        type: 'better-sqlite3',
        database: databaseUrl.replace(/^sqlite:/, '').replace(/flock\.sqlite$/, 'plain.sqlite'),
        enableWAL: true,
        prepareDatabase: (database) => database.pragma('synchronous = FULL'),
      }),
  entities: [plain],
  synchronize: true,
}).initialize();
const repository = dataSource.getRepository('PlainDelivery');
const key = Buffer.from(webhookSecret.slice('whsec_'.length), 'base64');

class Peers {
  held;

  raw(request) {
    this.held = request.rawBody;
    return { received: true };
  }

  async typeorm({ headers, rawBody }) {
    const id = headers['webhook-id'];
    const expected = createHmac('sha256', key)
      .update(`${id}.${headers['webhook-timestamp']}.`)
      .update(rawBody)
      .digest();
    const given = Buffer.from(headers['webhook-signature'].slice('v1,'.length), 'base64');
    if (!timingSafeEqual(given, expected)) throw new Error('not authentic');
    const body = rawBody.toString('utf8');
    await repository
      .createQueryBuilder()
      .insert()
      .values({ id, type: JSON.parse(body).event_type, receivedAt: Date.now(), body })
      .orIgnore()
      .execute();
    return { received: true };
  }
}
Controller()(Peers);
for (const route of ['raw', 'typeorm']) {
  decorate(Peers, route, Post(route), HttpCode(200));
  withRequest(Peers, route);
}

class Orders {
  handled = 0;

  paid() {
    this.handled += 1;
  }
}
Injectable()(Orders);
decorate(Orders, 'paid', OnFlintEvent('order.*'));

class Host {}
Module({
  imports: [
    FlockModule.forRoot({ databaseUrl, dataDir: directory, background }),
    FlintModule.forRoot({
      clientId: 'fpc_bench',
      clientSecret: 'fps_bench',
      redirectUri: 'http://localhost:3000/flint/oauth/callback',
      webhookSecrets: [webhookSecret],
    }),
  ],
  controllers: [Peers],
  providers: background ? [Orders] : [],
})(Host);
const options = { rawBody: true, logger: ['error'] };
const app =
  adapter === 'fastify'
    ? await NestFactory.create(Host, new FastifyAdapter(), options)
    : await NestFactory.create(Host, options);
await app.listen(0, '127.0.0.1');
app.getHttpServer().keepAliveTimeout = 120_000;
process.on('message', async () => {
  await app.close();
  await dataSource.destroy();
  process.exit();
});
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
