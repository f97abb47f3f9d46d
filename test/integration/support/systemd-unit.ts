import { readFile } from 'node:fs/promises';

/** A unit file of systemd, as far as its values are of use to a test. */
export interface SystemdUnit {
  /** All values of a setting of the section Service, in their order. */
  values(name: string): readonly string[];
  /** The last value, which is the one that counts. Throws where there is none. */
  value(name: string): string;
  /** What the setting runs: variables of the unit put in, quotes taken away. */
  command(name: string): { readonly command: string; readonly args: readonly string[] };
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads a unit file; `place` says where a path of the unit lies in truth. Throws where a line is none of a unit. */
export async function readUnit(file: string, place: (text: string) => string): Promise<SystemdUnit> {
  const settings = serviceSettings(place(await readFile(file, 'utf8')));
  const values = (name: string): readonly string[] =>
    settings.filter(([key]) => key === name).map(([, value]) => value);
  const value = (name: string): string => {
    const last = values(name).at(-1);
    if (last === undefined) throw new Error(`${file} has no ${name}`);
    return last;
  };
  const environment = Object.fromEntries(
    values('Environment')
      .flatMap(words)
      .map((word) => {
        const at = word.indexOf('=');
        return [word.slice(0, at), word.slice(at + 1)];
      }),
  );
  const command = (name: string): ReturnType<SystemdUnit['command']> => {
    const [program = '', ...args] = words(
      value(name).replace(/\$\{(\w+)\}/g, (_, variable: string) => environment[variable] ?? ''),
    );
    return { command: program, args };
  };
  return { values, value, command, environment };
}

function serviceSettings(text: string): [string, string][] {
  let section = '';
  const settings: [string, string][] = [];
  for (const line of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
    section = header ?? section;
    if (header !== undefined || line === '' || line.startsWith('#')) continue;
    const [, key, value] = /^([A-Z]\w*)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new Error(`no line of a unit: ${line}`);
    if (section === 'Service') settings.push([key, value]);
  }
  return settings;
}

function words(line: string): string[] {
  return Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
}
