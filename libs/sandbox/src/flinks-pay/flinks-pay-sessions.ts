import { randomUUID } from 'node:crypto';
import { SandboxError } from '../sandbox-error.js';
import { now } from '../server/exchange.js';
import type { FlinksPaySession } from './flinks-pay-session.js';

/** All sessions, oldest first. */
export class FlinksPaySessions {
  /** Told of every change of a status. */
  onChange: (session: FlinksPaySession) => void = () => undefined;
  private readonly sessions = new Map<string, FlinksPaySession>();
  private readonly requests = new Map<string, FlinksPaySession>();

  start(
    session: Omit<FlinksPaySession, 'sessionId' | 'createdAt' | 'status' | 'requestId'>,
  ): FlinksPaySession {
    const made = { ...session, sessionId: randomUUID(), createdAt: now(), status: 'Initiated' };
    this.sessions.set(made.sessionId, made);
    return made;
  }

  /** Links a session to a payment request. */
  activate(session: FlinksPaySession): string {
    session.requestId = randomUUID();
    session.paymentReferenceNumber = `CA${session.requestId.slice(0, 8).toUpperCase()}`;
    this.requests.set(session.requestId, session);
    return session.requestId;
  }

  list(): FlinksPaySession[] {
    return [...this.sessions.values()];
  }

  /** The session, if this customer has it. */
  find(customer: string, sessionId: string): FlinksPaySession | undefined {
    const session = this.sessions.get(sessionId);
    return session?.customer === customer ? session : undefined;
  }

  /** The session of a payment request, if this customer has it. */
  ofRequest(customer: string, requestId: string): FlinksPaySession | undefined {
    const session = this.requests.get(requestId);
    return session?.customer === customer ? session : undefined;
  }

  move(session: FlinksPaySession, status: string): void {
    if (session.status === status) return;
    session.status = status;
    this.onChange(session);
  }

  setPaymentStatus(requestId: string, status: string): void {
    const session = this.requests.get(requestId);
    if (!session) throw new SandboxError(`There is no payment request ${requestId}.`);
    this.move(session, status);
  }

  setSessionStatus(sessionId: string, status: string): void {
    const session = this.sessions.get(sessionId);
    if (!session) throw new SandboxError(`There is no session ${sessionId}.`);
    this.move(session, status);
  }
}
