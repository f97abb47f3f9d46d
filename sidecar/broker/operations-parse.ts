import { messageOf } from '../lib/errors';
import { ManagementError } from './management-error';
import type { BrokerStatus, PropertiesFileStatus } from './operations-types';

/** The fields of one JSON object; a reader per type, each naming the operation when the broker's answer lacks it. */
export class AnswerFields {
  constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly operation: string,
  ) {}

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.invalid(name, 'a text');
  }

  number(name: string): number {
    const value = Number(this.text(name));
    if (Number.isNaN(value)) throw this.invalid(name, 'a number');
    return value;
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** The inner object, without fields when there is none. */
  object(name: string): AnswerFields {
    return new AnswerFields(asRecord(this.fields[name]) ?? {}, this.operation);
  }

  /** The inner objects, none when there is no list of that name. */
  objects(name: string): AnswerFields[] {
    return this.list(name).map((value) => new AnswerFields(asRecord(value) ?? {}, this.operation));
  }

  list(name: string): readonly unknown[] {
    const value = this.fields[name];
    return Array.isArray(value) ? (value as unknown[]) : [];
  }

  names(): string[] {
    return Object.keys(this.fields);
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  private invalid(name: string, wanted: string): ManagementError {
    return invalidAnswer(this.operation, `"${name}" is not ${wanted}`);
  }
}

export function invalidAnswer(operation: string, reason: string, cause?: unknown): ManagementError {
  return new ManagementError(
    'MANAGEMENT_ANSWER_INVALID',
    `The broker's answer to ${operation} cannot be read: ${reason}`,
    {
      remedy: 'Check that the broker is a supported version of Artemis',
      cause,
    },
  );
}

/** The JSON text that many operations answer with, as its value. */
export function parseAnswer(answer: unknown, operation: string): unknown {
  if (typeof answer !== 'string') throw invalidAnswer(operation, 'it is not a JSON text');
  try {
    return JSON.parse(answer) as unknown;
  } catch (error) {
    throw invalidAnswer(operation, messageOf(error), error);
  }
}

export function parseObject(answer: unknown, operation: string): AnswerFields {
  const record = asRecord(parseAnswer(answer, operation));
  if (record === undefined) throw invalidAnswer(operation, 'it is not an object');
  return new AnswerFields(record, operation);
}

export function parseObjects(answer: unknown, operation: string): AnswerFields[] {
  return asObjects(parseAnswer(answer, operation), operation);
}

export function asObjects(value: unknown, operation: string): AnswerFields[] {
  if (!Array.isArray(value)) throw invalidAnswer(operation, 'it is not a list');
  return value.map((item: unknown) => {
    const record = asRecord(item);
    if (record === undefined) throw invalidAnswer(operation, 'an entry is not an object');
    return new AnswerFields(record, operation);
  });
}

export function asTexts(answer: unknown, operation: string): string[] {
  if (!Array.isArray(answer) || !answer.every((item) => typeof item === 'string')) {
    throw invalidAnswer(operation, 'it is not a list of texts');
  }
  return answer;
}

export function asCount(answer: unknown, operation: string): number {
  if (typeof answer !== 'number') throw invalidAnswer(operation, 'it is not a number');
  return answer;
}

export function parseStatus(answer: unknown): BrokerStatus {
  const status = parseObject(answer, 'getStatus');
  const server = status.object('server');
  const jaas = server.object('jaas').object('properties');
  const properties = status.object('configuration').object('properties');
  return {
    version: server.text('version'),
    nodeId: server.text('nodeId'),
    state: server.text('state'),
    jaasFiles: new Map(jaas.names().map((name) => [name, jaas.object(name).number('Adler32')])),
    propertiesFiles: new Map(
      properties
        .names()
        // Not files: what the JVM's own system properties set.
        .filter((name) => !name.startsWith('system-'))
        .map((name) => [name, propertiesFile(properties.object(name))]),
    ),
  };
}

function propertiesFile(file: AnswerFields): PropertiesFileStatus {
  const errors = asObjects(file.list('errors'), 'getStatus');
  return {
    adler32: file.number('fileAdler32'),
    errors: errors.map((error) => `${error.text('value')}: ${error.text('reason')}`),
  };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
