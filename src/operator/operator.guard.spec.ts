import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HOST } from '../host.js';
import { OperatorGuard } from './operator.guard.js';

const PASSWORD = 'correct horse battery';

@Controller('operator')
@UseGuards(OperatorGuard)
class OperatorPages {
  @Get()
  get(): string {
    return 'in';
  }
}

@Module({
  controllers: [OperatorPages],
  providers: [
    {
      provide: HOST,
      useValue: { url: 'http://localhost', operator: { kind: 'password', password: PASSWORD } },
    },
  ],
})
class OperatorHost {}

describe('OperatorGuard', () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(OperatorHost, { logger: false });
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as Server;
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}/operator`;
  });
  afterAll(() => app.close());

  it('S13: a password that differs in one letter, or in length, is refused', async () => {
    const statusOf = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;
      return (await fetch(url, { headers: { authorization } })).status;
    };
    for (const wrong of [
      `C${PASSWORD.slice(1)}`,
      `${PASSWORD.slice(0, -1)}Y`,
      PASSWORD.slice(0, -1),
      `${PASSWORD}y`,
      '',
    ])
      expect([wrong, await statusOf(wrong)]).toEqual([wrong, 401]);
    expect(await statusOf(PASSWORD)).toBe(200);
  });
});
