import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PackageRootError, packageRoot } from './package-root';

describe('packageRoot', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'package-root-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds the package that this file belongs to', () => {
    expect(existsSync(join(packageRoot(), 'sidecar', 'lib', 'package-root.ts'))).toBe(true);
  });

  it('passes over packages of other names and damaged package files', () => {
    mkdirSync(join(folder, 'a', 'b', 'c'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"name":"artemis-netmap"}');
    writeFileSync(join(folder, 'a', 'package.json'), '{"name":"other"}');
    writeFileSync(join(folder, 'a', 'b', 'package.json'), '{');
    expect(packageRoot(join(folder, 'a', 'b', 'c'))).toBe(folder);
  });

  it('says so when there is none', () => {
    expect(() => packageRoot(folder)).toThrow(PackageRootError);
  });
});
