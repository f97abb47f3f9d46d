import { AuthorityError } from './authority-error';

const MOST_CHARACTERS = 400;
const MOST_PART_BYTES = 255;
const MOST_PARTS = 16;
const REMEDY = 'ask who made it for one with plain names';

/** Throws AuthorityError ZIP_NAME for a path that is not plain: what one system takes for a name leads out on another. */
export function checkName(path: string, where: string): void {
  const fault = faultOf(path);
  if (fault === undefined) return;
  throw new AuthorityError('ZIP_NAME', `${where}: the name ${JSON.stringify(path)} ${fault}`, { remedy: REMEDY });
}

function faultOf(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path)) return 'holds characters that are not shown';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute';
  const parts = path.replace(/\/$/, '').split('/');
  if (parts.length > MOST_PARTS) return `lies more than ${MOST_PARTS} folders deep`;
  if (parts.some((part) => part === '..' || part === '.')) return 'leads through "." or ".."';
  if (parts.some((part) => part === '' || part !== part.trim()))
    return 'has an empty part, or one that begins or ends with a space';
  return parts.some((part) => Buffer.byteLength(part) > MOST_PART_BYTES) ? 'has a part that is too long' : undefined;
}

/** The paths of one archive, so that each stands for one file on every system. */
export class NameRegister {
  /** By the form that systems compare: whether it is a folder. */
  readonly #known = new Map<string, boolean>();
  readonly #explicit = new Set<string>();

  constructor(private readonly where: string) {}

  /** Throws AuthorityError ZIP_DUPLICATE. */
  add(path: string): void {
    const parts = path.replace(/\/$/, '').split('/').map(folded);
    const own = parts.join('/');
    if (this.#explicit.has(own)) throw this.duplicate(path);
    this.#explicit.add(own);
    parts.forEach((_, index) => {
      const one = parts.slice(0, index + 1).join('/');
      const isFolder = index < parts.length - 1 || path.endsWith('/');
      if ((this.#known.get(one) ?? isFolder) !== isFolder) throw this.duplicate(path);
      this.#known.set(one, isFolder);
    });
  }

  private duplicate(path: string): AuthorityError {
    const what = `the name ${JSON.stringify(path)} is there twice, letter case and spelling apart`;
    return new AuthorityError('ZIP_DUPLICATE', `${this.where}: ${what}`, { remedy: REMEDY });
  }
}

const folded = (part: string): string => part.normalize('NFKC').toLowerCase();
