import 'reflect-metadata';
import { Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { CAUTIOUS_PROFILE, defineProvider } from '../for-providers.js';
import { CurrentConnection, RequireScopes, TokenService } from '../index.js';
import type { Connection } from '../index.js';
import { FlockTestingModule, TestConnections } from './index.js';

const shop = defineProvider({
  provider: 'shop',
  title: 'Shop',
  variables: {},
  environments: ['test'],
  grant: 'client_credentials',
  profile: CAUTIOUS_PROFILE,
  endpoints: () => ({ token: 'https://shop.example/token', api: 'https://shop.example' }),
  client: () => ({ id: 'x', secret: 'y' }),
  dialect: () => ({ clientAuthentication: 'basic', encoding: 'form' }),
});
class ShopGuard extends shop.Guard {}
class ShopApi extends shop.Api {}

@Injectable()
class Worker {
  constructor(readonly tokens: TokenService) {}
}

@Controller('things')
@UseGuards(ShopGuard)
class ThingsController {
  constructor(private readonly api: ShopApi) {}

  @Get()
  @RequireScopes('things.read')
  async list(@CurrentConnection() connection: Connection): Promise<unknown> {
    return (await this.api.for(connection).get('/things')).data;
  }
}

describe('FlockTestingModule', () => {
  let app: INestApplication<App>;
  const urls: string[] = [];

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [
        FlockTestingModule.forRoot({
          connections: [
            { provider: 'shop', owner: 'tenant-1', scopes: ['things.read'], accessToken: 'abc' },
          ],
          respond: ({ url, headers }) => {
            urls.push(`${url} ${headers.authorization}`);
            return { status: 200, data: ['a thing'] };
          },
        }),
      ],
      controllers: [ThingsController],
      providers: [Worker, ShopApi],
    }).compile();
    app = module.createNestApplication();
    await app.init();
  });
  afterEach(() => app.close());

  it('guards, calls and tokens work without a database or HTTP', async () => {
    await request(app.getHttpServer()).get('/things').expect(200, ['a thing']);
    expect(urls.at(-1)).toMatch(/^https:\/\/provider\.test\/things Bearer abc$/);
    const { tokens } = app.get(Worker);
    await expect(tokens.getAccessToken({ provider: 'shop', owner: 'tenant-1' })).resolves.toBe(
      'abc',
    );
    await expect(tokens.getAccessToken('other')).rejects.toMatchObject({ code: 'not_connected' });
  });

  it('a test can change what there is', async () => {
    const connections = app.get(TestConnections);
    connections.set({ ...connections.find({ provider: 'shop', owner: 'tenant-1' }), scopes: [] });
    const refused = await request(app.getHttpServer()).get('/things').expect(403);
    expect(refused.body).toMatchObject({
      code: 'insufficient_scope',
      missingScopes: ['things.read'],
    });
    connections.set({
      ...connections.find({ provider: 'shop', owner: 'tenant-1' }),
      status: 'revoked',
    });
    await request(app.getHttpServer()).get('/things').expect(401);
  });
});
