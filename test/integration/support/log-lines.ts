/** A record of a node's log. */
export interface LogLine {
  readonly time: number;
  readonly level: string;
  readonly message: string;
  readonly component?: string;
  readonly code?: string;
  readonly reason?: string;
}

/** The records of lines of JSON; other lines are left out. */
export function logLines(lines: readonly string[]): LogLine[] {
  return lines.flatMap((line) => {
    try {
      const record = JSON.parse(line) as Omit<LogLine, 'time'> & { time: string };
      return [{ ...record, time: Date.parse(record.time) }];
    } catch {
      return [];
    }
  });
}

/** `FROM -> TO` of each transition of the subject that the log tells of, in order. */
export function transitions(lines: readonly LogLine[], subject: string): string[] {
  return lines
    .filter(({ message }) => message.startsWith(`${subject}: `))
    .map(({ message }) => message.slice(subject.length + 2));
}
