import { SandboxError } from '../sandbox-error.js';
import { ActiveFault } from './active-fault.js';
import type { FaultHandle, FaultRule, FaultTarget } from './fault-rule.js';
import { checkFaultRule } from './check-fault-rule.js';

/** The faults in force. The oldest one that matches a request is played on it. */
export class FaultList {
  private active: ActiveFault[] = [];
  private nextId = 1;

  /** Puts a fault in place. Throws an `InputError` that names the field when the rule makes no sense. */
  add(rule: FaultRule): FaultHandle {
    checkFaultRule(rule);
    const fault = new ActiveFault(this.nextId++, rule, (gone) => this.forget(gone));
    this.active.push(fault);
    return fault;
  }

  /** Takes every fault away and lets go what waits. */
  clear(): void {
    for (const fault of [...this.active]) fault.remove();
    this.active = [];
  }

  /** Releases the holds of one fault, or of all. Throws when there is no such fault. */
  release(id?: number): void {
    const chosen = this.active.filter((fault) => id === undefined || fault.id === id);
    if (id !== undefined && chosen.length === 0) throw new SandboxError(`There is no fault ${id}.`);
    for (const fault of chosen) fault.release();
  }

  /** The fault for this request, if any. Counts it as used. */
  take(target: FaultTarget): ActiveFault | undefined {
    if (this.active.length === 0) return undefined;
    const fault = this.active.find((candidate) => candidate.takes(target));
    if (fault && fault.remaining <= 0 && fault.rule.fault.kind !== 'hold') this.forget(fault);
    return fault;
  }

  /** What is in force, without functions, for people and the control routes. */
  list(): Record<string, unknown>[] {
    return this.active.map((fault) => fault.describe());
  }

  private forget(fault: ActiveFault): void {
    this.active = this.active.filter((other) => other !== fault);
  }
}
