/** The steps from the top of a file to a setting: names of settings and indexes of lists. */
export type SettingPath = readonly (string | number)[];

/** As a person writes it: `sources[0].directory.path`; a step with odd characters is quoted. */
export function settingName(path: SettingPath): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    const text = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
    return name === '' ? text : `${name}.${text}`;
  }, '');
}

/** The steps of a JSON pointer (RFC 6901) into `value`; indexes of arrays become numbers. */
export function fromPointer(pointer: string, value: unknown): SettingPath {
  const steps: (string | number)[] = [];
  let node: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(Array.isArray(node) ? Number(name) : name);
    node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined;
  }
  return steps;
}
