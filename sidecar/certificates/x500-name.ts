import { messageOf } from '../lib/errors';
import { attributeFromText, attributeToDer, canonicalValue, rdnFromDer } from './attribute';
import type { Attribute, AttributeText } from './attribute';
import { attributeOid } from './attribute-types';
import { DerError, readDer, sequenceOf } from './der';
import { derSequence, derSet } from './der-writer';
import { formatJava, formatRfc4514 } from './x500-format';
import { X500NameError } from './x500-name-error';
import { X500Parser } from './x500-parser';

const CORDA_ORDER = ['CN', 'OU', 'O', 'L', 'ST', 'C'].map(attributeOid);

/**
 * A distinguished name. Immutable. Keeps the bytes that it was read from, so a certificate's name is written back as
 * it was; names are compared by `equals` or `key`, never by their text.
 */
export class X500Name {
  private readonly bytes: Uint8Array;
  // Texts are kept, their parts are not: of thousands of names the parts take four times as much memory.
  #steps: readonly string[] | undefined;
  #key: string | undefined;
  #java: string | undefined;
  #corda: string | undefined;

  private constructor(rdns: readonly (readonly Attribute[])[], bytes?: Uint8Array) {
    this.bytes = bytes ?? derSequence(...rdns.map((rdn) => derSet(...rdn.map(attributeToDer))));
  }

  /**
   * Reads RFC 4514 text, Corda's and Java's spelling (most specific attribute first, which is the reverse of
   * certificate order). Throws X500NameError X500_NAME_SYNTAX.
   */
  static parse(text: string): X500Name {
    return new X500Name(new X500Parser(text).parse().reverse());
  }

  /** A name of single attributes in the order of the text forms, most specific first. Throws X500NameError. */
  static of(attributes: readonly AttributeText[]): X500Name {
    return new X500Name(attributes.map(({ type, value }) => [attributeFromText(type, value)]).reverse());
  }

  /** Reads a DER Name; the empty name is one. Throws X500NameError X500_NAME_ENCODING. */
  static fromDer(bytes: Uint8Array): X500Name {
    try {
      return new X500Name(sequenceOf(readDer(bytes), 'the name').map(rdnFromDer), new Uint8Array(bytes));
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause;
      throw new X500NameError('X500_NAME_ENCODING', `the bytes are not a name: ${messageOf(cause)}`, { cause });
    }
  }

  /** The steps of the name in certificate order: the broadest (a country, say) usually first. */
  private get rdns(): readonly (readonly Attribute[])[] {
    return sequenceOf(readDer(this.bytes), 'the name').map(rdnFromDer);
  }

  /** All attributes, in certificate order. */
  get attributes(): readonly Attribute[] {
    return this.rdns.flat();
  }

  /** The texts of every attribute of a type ("O", "serialNumber", "2.5.4.10"), in certificate order. */
  valuesOf(type: string): string[] {
    const oid = attributeOid(type);
    return this.attributes.flatMap((attribute) =>
      attribute.oid === oid && attribute.text !== undefined ? [attribute.text] : [],
    );
  }

  toDer(): Uint8Array {
    return this.bytes.slice();
  }

  toRfc4514(): string {
    return this.reversed()
      .map((rdn) => rdn.map(formatRfc4514).join('+'))
      .join(',');
  }

  /** What Java prints for the name of a certificate, to the letter: brokers compare this text. */
  toJava(): string {
    this.#java ??= this.reversed()
      .map((rdn) => rdn.map(formatJava).join(' + '))
      .join(', ');
    return this.#java;
  }

  /** Corda's order (CN, OU, O, L, ST, C, then anything else) with Java's quoting. */
  toCorda(): string {
    const place = ({ oid }: Attribute): number =>
      (CORDA_ORDER.indexOf(oid) + CORDA_ORDER.length + 1) % (CORDA_ORDER.length + 1);
    this.#corda ??= this.reversed()
      .flat()
      .sort((a, b) => place(a) - place(b))
      .map(formatJava)
      .join(', ');
    return this.#corda;
  }

  toString(): string {
    return this.toRfc4514();
  }

  toJSON(): string {
    return this.toRfc4514();
  }

  /**
   * Same types with the same values; letter case, runs of spaces, string types and the order of the attributes do
   * not count (Corda writes them in an order of its own).
   */
  equals(other: X500Name): boolean {
    return this.key() === other.key();
  }

  /** Equal names have equal keys, other names other keys. For maps; not for people. */
  key(): string {
    this.#key ??= this.attributes.map(attributeKey).sort().join(',');
    return this.#key;
  }

  /** Same steps in the same order: how certificates of a chain refer to each other. Stricter than `equals`. */
  matches(other: X500Name): boolean {
    return this.stepKeys().length === other.stepKeys().length && this.isWithin(other);
  }

  /** Whether the name starts with the steps of `base`, in certificate order, as name constraints count it. */
  isWithin(base: X500Name): boolean {
    const steps = this.stepKeys();
    return base.stepKeys().every((step, index) => steps[index] === step);
  }

  /** A key for each step, in certificate order: one name is within another when its keys begin with the other's. */
  stepKeys(): readonly string[] {
    this.#steps ??= this.rdns.map(rdnKey);
    return this.#steps;
  }

  private reversed(): (readonly Attribute[])[] {
    return [...this.rdns].reverse();
  }
}

const attributeKey = (attribute: Attribute): string => `${attribute.oid}=${canonicalValue(attribute)}`;

const rdnKey = (rdn: readonly Attribute[]): string => rdn.map(attributeKey).sort().join('+');
