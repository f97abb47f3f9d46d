import { attributeFromText, attributeFromValue } from './attribute';
import type { Attribute } from './attribute';
import { messageOf } from '../lib/errors';
import { X500NameError } from './x500-name-error';

const TYPE = /[A-Za-z][A-Za-z0-9-]*(?:\.\d+)*|\d+(?:\.\d+)+/y;
const HEX_VALUE = /#((?:[0-9A-Fa-f]{2})+)/y;
const HEX_PAIR = /[0-9A-Fa-f]{2}/y;
const SPECIAL = ' "#+,;<=>\\\n';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the text of a distinguished name, most specific attribute first: RFC 4514, and the quoted values that Java
 * and older standards write. Gives the steps in the order of the text. Throws X500NameError.
 */
export class X500Parser {
  private position = 0;

  constructor(private readonly text: string) {}

  parse(): (readonly Attribute[])[] {
    const rdns: Attribute[][] = [];
    do {
      const rdn: Attribute[] = [];
      do rdn.push(this.attribute());
      while (this.take('+'));
      rdns.push(rdn);
    } while (this.take(','));
    if (this.position < this.text.length) throw this.failure('a comma must stand between two attributes');
    return rdns;
  }

  private attribute(): Attribute {
    this.skipSpaces();
    const start = this.position;
    const type = this.match(TYPE)?.[0];
    if (type === undefined) throw this.failure('an attribute such as O=… must stand here');
    this.skipSpaces();
    if (!this.take('=')) throw this.failure(`"=" must follow ${type}`);
    this.skipSpaces();
    try {
      const hex = this.match(HEX_VALUE)?.[1];
      const attribute =
        hex === undefined ? attributeFromText(type, this.value()) : attributeFromValue(type, Buffer.from(hex, 'hex'));
      this.skipSpaces();
      return attribute;
    } catch (cause) {
      if (cause instanceof X500NameError && cause.message.startsWith('the name ')) throw cause;
      const detail = cause instanceof X500NameError ? { cause, remedy: cause.remedy } : { cause };
      throw this.failure(messageOf(cause), start, detail);
    }
  }

  private value(): string {
    if (this.take('"')) return this.quoted();
    if (this.text[this.position] === '#') throw this.failure('"#" must be followed by pairs of hexadecimal digits');
    return this.plain();
  }

  private quoted(): string {
    const octets: Buffer[] = [];
    while (!this.take('"')) {
      if (this.position >= this.text.length) throw this.failure('a quotation mark is not closed');
      octets.push(this.take('\\') ? this.escape() : this.character());
    }
    this.skipSpaces();
    if (!/^[,+]?$/.test(this.text.charAt(this.position)))
      throw this.failure('nothing may follow a closing quotation mark');
    return this.decode(octets);
  }

  private plain(): string {
    const octets: Buffer[] = [];
    let kept = 0;
    for (
      let next = this.text[this.position];
      next !== undefined && next !== ',' && next !== '+';
      next = this.text[this.position]
    ) {
      if ('";<>'.includes(next)) throw this.failure(`${next} must be written as \\${next}`);
      const escaped = this.take('\\');
      octets.push(escaped ? this.escape() : this.character());
      if (escaped || (next !== ' ' && next !== '\n')) kept = octets.length;
    }
    return this.decode(octets.slice(0, kept));
  }

  private escape(): Buffer {
    const pair = this.match(HEX_PAIR)?.[0];
    if (pair !== undefined) return Buffer.from(pair, 'hex');
    const next = this.text.charAt(this.position);
    if (next === '' || !SPECIAL.includes(next))
      throw this.failure('a backslash must stand before a special character or two hexadecimal digits');
    return this.character();
  }

  private character(): Buffer {
    const character = String.fromCodePoint(this.text.codePointAt(this.position) ?? 0);
    if (/\p{Surrogate}/u.test(character)) throw this.failure('half a character stands here');
    this.position += character.length;
    return Buffer.from(character);
  }

  private decode(octets: readonly Buffer[]): string {
    try {
      return utf8.decode(Buffer.concat(octets));
    } catch (cause) {
      throw this.failure('the escaped bytes are not UTF-8', this.position, { cause });
    }
  }

  private skipSpaces(): void {
    while (this.text[this.position] === ' ' || this.text[this.position] === '\n') this.position += 1;
  }

  private take(character: string): boolean {
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found !== null) this.position += found[0].length;
    return found;
  }

  private failure(what: string, at = this.position, detail: { cause?: unknown; remedy?: string } = {}): X500NameError {
    const shown = this.text.length > 200 ? `${this.text.slice(0, 200)}…` : this.text;
    return new X500NameError(
      'X500_NAME_SYNTAX',
      `the name ${JSON.stringify(shown)} is wrong at character ${at + 1}: ${what}`,
      {
        remedy: 'write it like CN=node, OU=unit, O="Org, Inc", L=London, C=GB',
        ...detail,
      },
    );
  }
}
