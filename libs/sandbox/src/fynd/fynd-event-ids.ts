import type { FyndEventName } from './fynd-webhook.js';
import { slugOf } from './fynd-webhook.js';

/** Numbers of event types: any name gets one, the same each time. */
export class FyndEventIds {
  private readonly ids = new Map<string, number>();
  private readonly names: FyndEventName[] = [];

  idOf(event: FyndEventName): number {
    const slug = slugOf(event);
    const id = this.ids.get(slug) ?? this.names.push(event);
    this.ids.set(slug, id);
    return id;
  }

  byId(id: number): FyndEventName | undefined {
    return this.names[id - 1];
  }
}
