import { readArguments } from './arguments.js';
import { runCli } from './run-cli.js';

describe('the command', () => {
  const written = { stdout: '', stderr: '' };
  let printed: () => void;

  beforeEach(() => {
    for (const stream of ['stdout', 'stderr'] as const) {
      written[stream] = '';
      jest.spyOn(process[stream], 'write').mockImplementation((text) => {
        written[stream] += String(text);
        printed();
        return true;
      });
    }
  });
  afterEach(() => jest.restoreAllMocks());

  /** Runs it until it has printed something, then ends it with a signal. */
  const runUntilPrinted = async (argv: string[], look: () => Promise<void>) => {
    const output = new Promise<void>((resolve) => (printed = resolve));
    const code = runCli(argv);
    await output;
    await look();
    process.emit('SIGTERM');
    return code;
  };

  it('P82: prints the variables to copy, and stops on a signal', async () => {
    const code = await runUntilPrinted(
      ['--port', '0', '--client-secret', 'fps_x', '--redirect-uri', 'http://localhost:1/cb'],
      async () => {
        const url = /^FLINT_BASE_URL=(.+)$/m.exec(written.stdout)?.[1] ?? '';
        expect(written.stdout).toMatch(/^FLINT_CLIENT_ID=fpc_sandbox$/m);
        expect(written.stdout).toMatch(/^FLINT_CLIENT_SECRET=fps_x$/m);
        expect(written.stdout).toContain('http://localhost:1/cb');
        expect((await fetch(`${url}/v1/orders`)).status).toBe(401);
      },
    );
    expect(code).toBe(0);
  });

  it('prints one line of JSON for programs', async () => {
    await runUntilPrinted(['--port=0', '--json', '--access-token-seconds', '5'], async () => {
      expect(written.stdout.split('\n')).toHaveLength(2);
      expect(JSON.parse(written.stdout)).toEqual({
        url: expect.stringMatching(/^http:/) as string,
        env: expect.objectContaining({
          FLINT_BASE_URL: expect.stringMatching(/\/flint$/) as string,
          FLINT_CLIENT_ID: 'fpc_sandbox',
          FYND_BASE_URL: expect.stringMatching(/\/fynd$/) as string,
          FLINKS_PAY_PASSWORD: expect.any(String) as string,
          FLUTE_CLIENT_ID: expect.any(String) as string,
          FLEX_PAY_CLIENT_SECRET: expect.any(String) as string,
        }) as object,
      });
    });
  });

  it.each([
    [['--prot', '1'], '--prot'],
    [['extra'], 'extra'],
    [['--port', 'x'], '--port'],
    [['--provider', 'nobody'], 'nobody'],
    [['--access-token-seconds', '-1'], 'access-token-seconds'],
  ])('names what it does not understand: %j', async (argv, named) => {
    printed = () => undefined;
    expect(await runCli(argv)).toBe(2);
    expect(written.stderr).toContain(named);
    expect(written.stderr).toContain('Usage: nest-flock-sandbox');
  });

  it('explains itself, and says why it cannot start', async () => {
    printed = () => undefined;
    expect(await runCli(['--help'])).toBe(0);
    expect(written.stdout).toContain('--access-token-seconds');
    expect(await runCli(['--port', '0', '--redirect-uri', 'nonsense'])).toBe(1);
    expect(written.stderr).toContain('redirect_uri');
  });

  it('P82: listens on port 4010 unless told otherwise', () => {
    expect(readArguments([]).options).toMatchObject({ port: 4010 });
  });
});
