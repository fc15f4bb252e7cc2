// Packs every library and uses the tarballs as a stranger would: manifests, contents, typings, and
// host apps outside the workspace on Nest 12 (ES modules and CommonJS) and Nest 11 (CommonJS).
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const manifest = readJson(join(root, 'package.json'));
const libs = readdirSync(join(root, 'libs')).filter((lib) =>
  existsSync(join(root, 'libs', lib, 'package.json')),
);

const COMPANIONS = {
  axios: manifest.devDependencies.axios,
  'reflect-metadata': manifest.devDependencies['reflect-metadata'],
  rxjs: manifest.devDependencies.rxjs,
  typeorm: manifest.devDependencies.typeorm,
};
const TREES = [
  {
    name: 'Nest 12',
    formats: ['esm', 'cjs'],
    dependencies: {
      ...pick('@nestjs/common', '@nestjs/core', '@nestjs/platform-express'),
      ...pick('@nestjs/axios', '@nestjs/schedule'),
      ...COMPANIONS,
    },
  },
  {
    name: 'Nest 11',
    formats: ['cjs'],
    dependencies: {
      '@nestjs/common': '11.2.10',
      '@nestjs/core': '11.2.10',
      '@nestjs/platform-express': '11.2.10',
      '@nestjs/axios': '4.0.1',
      '@nestjs/schedule': '6.1.3',
      ...COMPANIONS,
    },
  },
];

const HOST_OPTIONS = {
  target: 'ES2022',
  lib: ['ES2023'],
  types: ['node'],
  strict: true,
  // The libraries' own declarations are checked too, and all that they draw in.
  skipLibCheck: false,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

let failed = 0;
const started = Date.now();
// The real path: on some systems the temporary folder is a link, and Node would look up modules elsewhere.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nest-flock-packages-')));
try {
  for (const lib of libs) check(`${lib}: every import is declared`, () => checkManifest(lib));
  const tarballs = {};
  for (const lib of libs) {
    check(`${lib}: packed, with both builds and without specs`, () => {
      const { path, contents } = pack(lib);
      tarballs[lib] = path;
      checkContents(lib, contents);
    });
    if (tarballs[lib] === undefined) continue;
    check(`${lib}: publint`, () => tool('publint/src/cli.js', 'run', tarballs[lib], '--strict'));
    check(`${lib}: attw`, () =>
      tool('@arethetypeswrong/cli/dist/index.js', tarballs[lib], '--no-color', '--no-emoji'),
    );
  }
  for (const tree of TREES) checkTree(tree, tarballs);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${failed === 0 ? 'All packages are fit to publish' : `${failed} checks failed`} (${seconds(started)} s)`,
);
process.exitCode = failed === 0 ? 0 : 1;

function check(title, work) {
  const begun = Date.now();
  try {
    work();
    console.log(`ok      ${title} (${seconds(begun)} s)`);
    return true;
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${title} (${seconds(begun)} s)`);
    const output = [error.stdout, error.stderr].filter(Boolean).join('\n');
    console.log((output || error.message).trim().replaceAll(/^/gm, '        '));
    return false;
  }
}

/** Specs are not shipped, so what they import is the workspace's affair. */
function checkManifest(lib) {
  const { name, dependencies, peerDependencies } = readJson(
    join(root, 'libs', lib, 'package.json'),
  );
  const declared = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  const source = join(root, 'libs', lib, 'src');
  const undeclared = [];
  for (const file of readdirSync(source, { recursive: true })) {
    if (!file.endsWith('.ts') || file.endsWith('spec.ts')) continue;
    const text = readFileSync(join(source, file), 'utf8');
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      const wanted = packageOf(fileName);
      if (wanted !== undefined && !declared.has(wanted)) {
        undeclared.push(`src/${file} imports ${fileName}, which package.json does not declare`);
      }
    }
  }
  if (undeclared.length > 0) throw new Error(undeclared.join('\n'));
}

function packageOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  if (builtinModules.includes(specifier)) {
    throw new Error(`write node:${specifier} for the built-in ${specifier}`);
  }
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function pack(lib) {
  const [{ filename, files }] = JSON.parse(
    npm(
      join(root, 'libs', lib),
      'pack',
      '--json',
      '--ignore-scripts',
      '--pack-destination',
      folder,
    ),
  );
  return {
    path: join(folder, filename.replace('@', '').replace('/', '-')),
    contents: files.map(({ path }) => path),
  };
}

/** Every door of the package has both builds. */
function checkContents(lib, paths) {
  const { exports } = readJson(join(root, 'libs', lib, 'package.json'));
  const doors = Object.values(exports).flatMap(filesOf);
  const problems = paths
    .filter((path) => /\bspec\.(d\.)?[cm]?[jt]s(\.map)?$/.test(path))
    .map((path) => `${path} is not for publishing`);
  for (const path of [...new Set(doors), 'dist/cjs/package.json', 'LICENSE']) {
    if (!paths.includes(path)) problems.push(`${path} is missing`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Of an entry of `exports`, whatever its conditions. */
function filesOf(entry) {
  return typeof entry === 'string'
    ? [entry.replace(/^\.\//, '')]
    : Object.values(entry).flatMap(filesOf);
}

function checkTree({ name, formats, dependencies }, tarballs) {
  const tree = join(folder, name.toLowerCase().replace(' ', '-'));
  const installed = check(`${name}: install`, () => install(tree, dependencies, tarballs));
  if (!installed) return;
  if (formats.includes('esm')) {
    check(`${name}: the samples of the READMEs compile`, () => compileSamples(tree));
  }
  for (const format of formats) {
    const host = join(tree, format);
    check(`${name}, ${format}: a host compiles against the typings`, () => compile(host, format));
    check(`${name}, ${format}: the host boots, refuses and starts an install`, () => {
      const said = execFileSync(process.execPath, [join(host, 'host.js')], {
        cwd: host,
        env: cleanEnvironment(),
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: 60_000,
      });
      if (JSON.parse(said.trim().split('\n').at(-1)).format !== format) {
        throw new Error(`the host did not run as ${format}`);
      }
    });
  }
}

function install(tree, dependencies, tarballs) {
  const own = {};
  for (const lib of libs) {
    if (tarballs[lib] === undefined) throw new Error(`${lib} could not be packed`);
    own[`@nest-flock/${lib}`] = `file:${tarballs[lib]}`;
  }
  mkdirSync(tree);
  writeJson(join(tree, 'package.json'), {
    name: 'host',
    private: true,
    dependencies: {
      ...dependencies,
      ...pick('@types/node'),
      ...own,
    },
  });
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  npm(tree, 'install', ...quiet);
  // The workspace has compiled the driver already; compiling it again would take a minute a tree.
  for (const driver of ['better-sqlite3', 'bindings', 'file-uri-to-path']) {
    cpSync(join(root, 'node_modules', driver), join(tree, 'node_modules', driver), {
      recursive: true,
    });
  }
}

/** In READMEs every code block marked `ts` is a whole file, in guides the first one. */
function compileSamples(tree) {
  const folder = join(tree, 'samples');
  mkdirSync(folder);
  writeJson(join(folder, 'package.json'), { type: 'module' });
  // What a sample imports of the host itself.
  writeFileSync(join(folder, 'app.module.ts'), 'export class AppModule {}\n');
  const documents = [
    'README.md',
    ...libs.filter((lib) => lib !== 'sandbox').map((lib) => `libs/${lib}/README.md`),
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const files = [];
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    checkFirstUse(document, text);
    const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)];
    // A guide begins with a whole file and goes on with parts of it.
    const whole = document.startsWith('docs/') ? samples.slice(0, 1) : samples;
    for (const [, code] of whole) {
      const file = `${document.replaceAll(/[/.]/g, '-')}-${files.length + 1}.ts`;
      writeFileSync(join(folder, file), code);
      files.push(file);
    }
  }
  writeJson(join(folder, 'tsconfig.json'), {
    compilerOptions: { ...HOST_OPTIONS, skipLibCheck: true, module: 'nodenext', noEmit: true },
    files,
  });
  tool('typescript/bin/tsc', '-p', folder);
}

/** A provider's README opens with its whole use, short enough to be read at a glance. */
function checkFirstUse(document, text) {
  const lib = /^libs\/(.+)\/README\.md$/.exec(document)?.[1];
  if (lib === undefined || lib === 'core') return;
  const lines = /^```ts\n(.*?)^```$/ms.exec(text)?.[1].split('\n').length - 1;
  if (!(lines < 30))
    throw new Error(`${document}: its first sample has ${lines} lines, not under 30`);
}

/** Type-checks the host as Node and as a bundler resolve it, and emits it for Node. */
function compile(host, format) {
  mkdirSync(host);
  cpSync(join(root, 'test', 'packages', 'host.ts'), join(host, 'host.ts'));
  writeJson(join(host, 'package.json'), { type: format === 'esm' ? 'module' : 'commonjs' });
  writeJson(join(host, 'tsconfig.json'), {
    compilerOptions: { ...HOST_OPTIONS, module: 'nodenext' },
    files: ['host.ts'],
  });
  writeJson(join(host, 'tsconfig.bundler.json'), {
    compilerOptions: {
      ...HOST_OPTIONS,
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
    },
    files: ['host.ts'],
  });
  for (const project of ['tsconfig.json', 'tsconfig.bundler.json']) {
    tool('typescript/bin/tsc', '-p', join(host, project));
  }
}

/** What this shell has set for the libraries must not reach the hosts. */
function cleanEnvironment() {
  const foreign = /^(FLOCK_|FLINT_|FLINKS_PAY_|FYND_|FLUTE_|FLEX_PAY_|NODE_|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function tool(path, ...args) {
  return execFileSync(process.execPath, [join(root, 'node_modules', path), ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    shell: process.platform === 'win32',
  });
}

function pick(...names) {
  return Object.fromEntries(names.map((name) => [name, manifest.devDependencies[name]]));
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}
