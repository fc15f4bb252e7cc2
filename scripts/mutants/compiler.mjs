import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Checks and compiles one changed file at a time, with one language service for each project. */
export class Compiler {
  #services = new Map();

  constructor(root) {
    this.root = root;
  }

  /** What is wrong with `text` in place of the file; undefined when it compiles. */
  problem(file, text) {
    const { service, change } = this.#service(projectOf(file));
    const path = join(this.root, file);
    change(path, text);
    try {
      const [first] = [
        ...service.getSyntacticDiagnostics(path),
        ...service.getSemanticDiagnostics(path),
      ];
      return first && ts.flattenDiagnosticMessageText(first.messageText, ' ');
    } finally {
      change(path, undefined);
    }
  }

  /** The files that a build makes of it, by path. */
  outputs(file, text) {
    const project = projectOf(file);
    const source = file.slice(project === '' ? 'src/'.length : `${project}/src/`.length);
    const name = source.replace(/\.ts$/, '.js');
    const compile = (module) =>
      ts.transpileModule(text, {
        fileName: file,
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          esModuleInterop: true,
        },
      }).outputText;
    if (project === '') return { [`dist/${name}`]: compile(ts.ModuleKind.ES2022) };
    return {
      [`${project}/dist/esm/${name}`]: compile(ts.ModuleKind.ES2022),
      [`${project}/dist/cjs/${name}`]: compile(ts.ModuleKind.CommonJS),
    };
  }

  #service(project) {
    const known = this.#services.get(project);
    if (known !== undefined) return known;
    const config = join(
      this.root,
      project,
      project === '' ? 'tsconfig.build.json' : 'tsconfig.json',
    );
    const { options, fileNames } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(config, ts.sys.readFile).config,
      ts.sys,
      join(this.root, project),
    );
    const changed = new Map();
    let version = 0;
    const read = (path) =>
      changed.get(path)?.text ?? (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
    const service = ts.createLanguageService({
      getScriptFileNames: () => fileNames,
      getScriptVersion: (path) => String(changed.get(path)?.version ?? 0),
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => this.root,
      getCompilationSettings: () => options,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      realpath: ts.sys.realpath,
    });
    const change = (path, text) => changed.set(path, { text, version: (version += 1) });
    const made = { service, change };
    this.#services.set(project, made);
    return made;
  }
}

/** `libs/core`, or nothing for the host app. */
const projectOf = (file) => /^libs\/[^/]+/.exec(file)?.[0] ?? '';
