import { Injectable } from '@nestjs/common';
import type { ConfigurationProblem } from '../foundation/configuration/read-options.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { RegisteredApp } from './registered-app.js';

/** Knows every app of this host and everything that is wrong with the configuration. */
@Injectable()
export class ProviderRegistry {
  private readonly apps = new Map<string, Map<string, RegisteredApp>>();
  private readonly problems: ConfigurationProblem[] = [];

  add(app: RegisteredApp): void {
    let named = this.apps.get(app.provider);
    if (named === undefined)
      this.apps.set(app.provider, (named = new Map<string, RegisteredApp>()));
    if (named.has(app.name)) {
      this.report({
        variable: `${app.definition.title} app "${app.name}"`,
        message: 'registered twice; give each registration its own name',
      });
    }
    named.set(app.name, app);
  }

  report(...problems: ConfigurationProblem[]): void {
    this.problems.push(...problems);
  }

  /** @throws FlockError `configuration_invalid`, once, naming every problem of every module. */
  assertConfigured(): void {
    if (this.problems.length === 0) return;
    const lines = this.problems.map(({ variable, message }) => `  - ${variable}: ${message}`);
    throw new FlockError(
      'configuration_invalid',
      `Nest Flock cannot start: ${lines.length} setting(s) need attention.\n${lines.join('\n')}`,
    );
  }

  /** All apps, or those of one provider. */
  list(provider?: string): RegisteredApp[] {
    if (provider !== undefined) return [...(this.apps.get(provider)?.values() ?? [])];
    return [...this.apps.values()].flatMap((named) => [...named.values()]);
  }

  find(provider: string, name: string): RegisteredApp | undefined {
    return this.apps.get(provider)?.get(name);
  }

  /** The app of this name, or the provider's only one. @throws FlockError `unknown_provider` */
  get(provider: string, name?: string): RegisteredApp {
    if (name === undefined) return this.only(provider);
    const app = this.find(provider, name);
    if (app !== undefined) return app;
    const known = this.list().map((other) => `${other.provider}/${other.name}`);
    throw new FlockError(
      'unknown_provider',
      `No app "${name}" of provider "${provider}" is registered. Known: ${known.join(', ') || 'none'}.`,
    );
  }

  /** The provider's only app. @throws FlockError `unknown_provider` when there are none or several. */
  only(provider: string): RegisteredApp {
    const apps = this.list(provider);
    const [first] = apps;
    if (first !== undefined && apps.length === 1) return first;
    throw new FlockError(
      'unknown_provider',
      first === undefined
        ? `No app of provider "${provider}" is registered.`
        : `Provider "${provider}" has several apps (${apps.map((app) => app.name).join(', ')}): name one.`,
    );
  }

  /** Origins that count as the host's own. */
  origins(): Set<string> {
    const uris = this.list().map((app) => app.redirectUri);
    return new Set(uris.filter((uri) => uri !== undefined).map((uri) => new URL(uri).origin));
  }
}
