import { Readable } from 'node:stream';
import { readPassword } from './read-password';

test.each([true, false])(
  'nobody who types nothing, or a pipe that is silent, keeps it from ending: terminal %s',
  async (isTTY) => {
    const raw: boolean[] = [];
    const silent = new Readable({ read: () => undefined });
    const stdin = Object.assign(silent, { isTTY, setRawMode: (on: boolean) => raw.push(on) });
    const abort = new AbortController();
    const asked = readPassword({ stdin, prompt: { write: () => true }, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(raw).toEqual(isTTY ? [true, false] : []);
  },
);
