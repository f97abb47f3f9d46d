import { Backoff } from '../lib/backoff';
import { systemClock, type Clock } from '../lib/clock';
import type { CallOptions, ConnectionState, Management, ManagementOptions, ManagementParameter } from './management';
import { readAnswer } from './management-answer';
import { ManagementError } from './management-error';
import { openManagementLink, type Link, type LinkEvents, type OpenLink } from './management-link';

interface Request {
  readonly id: string;
  /** For messages: what was asked of what. */
  readonly label: string;
  readonly target: Readonly<Record<string, string>>;
  readonly parameters: readonly ManagementParameter[];
  readonly timeout: number;
  resolve(result: unknown): void;
  reject(error: ManagementError): void;
  cancelTimeout(): void;
}

const WINDOW = 64;
const TIMEOUT = 30_000;
/** From opening the socket to being able to ask, milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const CLOSE_TIMEOUT = 2_000;

/** Management over AMQP; `open` is replaced in tests only. */
export class ManagementConnection implements Management {
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly listeners = new Set<(state: ConnectionState, reason?: Error) => void>();
  private readonly inFlight = new Map<string, Request>();
  private waiting: Request[] = [];
  private link: Link | undefined;
  private lastFailure: ManagementError | undefined;
  private cancelTimer: () => void = () => undefined;
  private whenLinkEnds: () => void = () => undefined;
  private count = 0;
  private current: ConnectionState = 'idle';

  constructor(
    private readonly options: ManagementOptions,
    private readonly open: OpenLink = openManagementLink,
  ) {
    this.clock = options.clock ?? systemClock;
    this.backoff = new Backoff(options.backoff ?? { min: 100, max: 5_000 });
  }

  get state(): ConnectionState {
    return this.current;
  }

  invoke(
    resource: string,
    operation: string,
    parameters: readonly ManagementParameter[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    const target = { _AMQ_ResourceName: resource, _AMQ_OperationName: operation };
    return this.request(`${operation} of ${resource}`, target, parameters, options);
  }

  attribute(resource: string, name: string, options: CallOptions = {}): Promise<unknown> {
    return this.request(`${name} of ${resource}`, { _AMQ_ResourceName: resource, _AMQ_Attribute: name }, [], options);
  }

  hurry(): void {
    if (this.link === undefined && this.current !== 'closed') this.connect();
  }

  subscribe(listener: (state: ConnectionState, reason?: Error) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): Promise<void> {
    if (this.current === 'closed') return Promise.resolve();
    this.cancelTimer();
    const { link } = this;
    const error = this.unreachable('The management connection is closed');
    this.enter('closed');
    for (const request of this.waiting.splice(0)) this.fail(request, error);
    if (link === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.clock.after(CLOSE_TIMEOUT, () => link.abort(error));
      this.whenLinkEnds = () => {
        cancel();
        resolve();
      };
      link.close();
    });
  }

  private request(
    label: string,
    target: Readonly<Record<string, string>>,
    parameters: readonly ManagementParameter[],
    options: CallOptions,
  ): Promise<unknown> {
    if (this.current === 'closed') return Promise.reject(this.unreachable('The management connection is closed'));
    return new Promise((resolve, reject) => {
      this.count += 1;
      const timeout = options.timeout ?? this.options.timeout ?? TIMEOUT;
      const request: Request = {
        id: String(this.count),
        label,
        target,
        parameters,
        timeout,
        resolve,
        reject,
        cancelTimeout: this.clock.after(timeout, () => this.expire(request)),
      };
      this.waiting.push(request);
      if (this.current === 'idle') this.connect();
      this.pump();
    });
  }

  private connect(): void {
    this.cancelTimer();
    this.enter('connecting');
    // The events may come before `open` has returned the link that they are about.
    const events: LinkEvents = {
      opened: () => {
        this.cancelTimer();
        this.backoff.reset();
        this.lastFailure = undefined;
        this.enter('connected');
        this.pump();
      },
      sendable: () => this.pump(),
      answered: (id, succeeded, body) =>
        this.settle(id, (request) => request.resolve(readAnswer(request.label, succeeded, body))),
      rejected: (id, error) => this.settle(id, (request) => request.reject(this.refusal(request, error))),
      closed: (error) => this.lost(error),
    };
    const { tls, ...rest } = this.options;
    const shown = typeof tls === 'function' ? tls() : tls;
    const link = this.open({ ...rest, ...(shown && { tls: shown }) }, events);
    this.link = link;
    this.cancelTimer = this.clock.after(CONNECT_TIMEOUT, () =>
      link.abort(this.unreachable(`No answer within ${CONNECT_TIMEOUT} ms`)),
    );
  }

  private lost(error: ManagementError): void {
    this.link = undefined;
    this.cancelTimer();
    this.whenLinkEnds();
    const unanswered = [...this.inFlight.values()];
    this.inFlight.clear();
    for (const request of unanswered) {
      this.fail(request, this.unreachable(`The connection was lost before the answer to ${request.label} came`, error));
    }
    if (this.current === 'closed') return;
    this.lastFailure = error;
    if (error.code === 'MANAGEMENT_NOT_ALLOWED') {
      // Waiting does not help those who ask now; later attempts may find a repaired configuration.
      for (const request of this.waiting.splice(0)) this.fail(request, error);
    }
    this.cancelTimer = this.clock.after(this.backoff.next(), () => this.connect());
    this.enter('connecting', error);
  }

  private pump(): void {
    const window = this.options.window ?? WINDOW;
    const { link } = this;
    if (link === undefined || this.current !== 'connected') return;
    while (this.waiting.length > 0 && this.inFlight.size < window && link.sendable()) {
      const request = this.waiting.shift();
      if (request === undefined) return;
      this.inFlight.set(request.id, request);
      link.send({ id: request.id, target: request.target, parameters: request.parameters });
    }
  }

  private settle(id: string, answer: (request: Request) => void): void {
    const request = this.inFlight.get(id);
    if (request === undefined) return;
    this.inFlight.delete(id);
    request.cancelTimeout();
    try {
      answer(request);
    } catch (error) {
      request.reject(error as ManagementError);
    }
    this.pump();
  }

  private expire(request: Request): void {
    const sent = this.inFlight.delete(request.id);
    this.waiting = this.waiting.filter((other) => other !== request);
    const connected = this.current === 'connected';
    if (sent || connected) {
      const why = sent ? 'No answer' : 'Too many requests before it: not sent';
      request.reject(
        new ManagementError('MANAGEMENT_TIMEOUT', `${why} within ${request.timeout} ms: ${request.label}`),
      );
    } else {
      request.reject(
        this.unreachable(`No connection within ${request.timeout} ms for ${request.label}`, this.lastFailure),
      );
    }
    this.pump();
  }

  private fail(request: Request, error: ManagementError): void {
    request.cancelTimeout();
    request.reject(error);
  }

  private refusal(request: Request, error: Error): ManagementError {
    return new ManagementError('MANAGEMENT_NOT_ALLOWED', `The broker did not take ${request.label}: ${error.message}`, {
      remedy: 'Give the management user the permissions "manage" and "send" on activemq.management',
      cause: error,
    });
  }

  private unreachable(reason: string, cause?: ManagementError): ManagementError {
    const { host, port } = this.options.address;
    return new ManagementError('MANAGEMENT_UNREACHABLE', `${reason} (broker ${host}:${port})`, {
      remedy: cause?.remedy ?? 'Check that the broker runs and that the address is its management acceptor',
      cause,
    });
  }

  private enter(state: ConnectionState, reason?: Error): void {
    if (state === this.current && reason === undefined) return;
    this.current = state;
    for (const listener of [...this.listeners]) listener(state, reason);
  }
}
