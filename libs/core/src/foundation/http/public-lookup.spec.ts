import dns from 'node:dns';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { isPublicAddress, publicLookup } from './public-lookup.js';
import { UndiciTokenTransport } from './undici-token-transport.js';

describe('the look-up for servers that somebody registered', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '198.19.255.1',
    '198.51.100.1',
    '203.0.113.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '100::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2001:0:4136:e378::',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    // The last of each range.
    '0.255.255.255',
    '10.255.255.255',
    '100.127.255.255',
    '127.255.255.255',
    '169.254.255.255',
    '172.31.255.255',
    '192.0.0.255',
    '192.0.2.255',
    '192.88.99.255',
    '192.168.255.255',
    '198.19.255.255',
    '198.51.100.255',
    '203.0.113.255',
    '239.255.255.255',
    '::ffff:ffff:ffff',
    '64:ff9b::ffff:ffff',
    '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
    '100::ffff:ffff:ffff:ffff',
    '2001:0:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'not-an-address',
    '',
  ])('S17: %s is no public address', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each([
    '8.8.8.8',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    // Beside each range.
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.88.98.255',
    '192.88.100.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.99.255',
    '198.51.101.0',
    '203.0.112.255',
    '203.0.114.0',
    '223.255.255.255',
    '2001:1::',
    '2001:db9::',
    '2003::',
  ])('S17: %s is a public address', (address) => expect(isPublicAddress(address)).toBe(true));

  it('S17: one address that is not public refuses the name; what was looked up is connected to', () => {
    const answers = [
      [{ address: '8.8.8.8', family: 4 }],
      [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
    ];
    const given: unknown[] = [];
    const lookup = jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((
        _name: string,
        _options: object,
        callback: (error: null, addresses: unknown) => void,
      ) => callback(null, answers.shift() ?? [{ address: '127.0.0.1', family: 4 }])) as never);
    try {
      publicLookup('eu.harbor.example', {}, (error, address) => given.push(error?.code ?? address));
      publicLookup('eu.harbor.example', { all: true }, (error) => given.push(error?.code));
    } finally {
      lookup.mockRestore();
    }
    expect(given).toEqual(['8.8.8.8', 'ENOTPUBLIC']);
  });

  it('all addresses of a name are given to whoever asks for all; an error is passed on', () => {
    const both = [
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ];
    const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    const given: unknown[] = [];
    type Answer = (error: Error | null, addresses?: unknown) => void;
    const lookup = jest
      .spyOn(dns, 'lookup')
      .mockImplementationOnce(((_name: string, _options: object, answer: Answer) =>
        answer(null, both)) as never)
      .mockImplementationOnce(((_name: string, _options: object, answer: Answer) =>
        answer(unknown)) as never);
    try {
      publicLookup('eu.harbor.example', { all: true }, (_error, found) => given.push(found));
      publicLookup('eu.harbor.example', { all: true }, (error) => given.push(error));
    } finally {
      lookup.mockRestore();
    }
    expect(given).toEqual([both, unknown]);
  });

  it('S17: a name that leads to this machine is not connected to', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const transport = new UndiciTokenTransport();
    const request = {
      url: `http://localhost:${port}/token`,
      method: 'POST',
      headers: {},
      body: '',
    } as const;
    expect(await transport.send({ ...request, publicOnly: true }, 2_000)).toEqual({
      kind: 'not_sent',
      reason: 'enotpublic',
    });
    expect(connections).toBe(0);
    expect((await transport.send(request, 2_000)).kind).toBe('unknown');
    expect(connections).toBe(1);
    await transport.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
