/** A decoded AMQP 1.0 value: integers of up to 32 bits are numbers, of 64 bits bigints; symbols and UUIDs are text. */
export type AmqpValue = null | boolean | number | bigint | string | Uint8Array | AmqpValue[] | AmqpMap | Described;

/** A map in the order of its bytes; keys may be any value. */
export class AmqpMap {
  constructor(readonly entries: readonly (readonly [AmqpValue, AmqpValue])[]) {}
}

/** A value with a descriptor: a symbol (text) or an unsigned long (bigint) that says what it is. */
export class Described {
  constructor(
    readonly descriptor: string | bigint,
    readonly value: AmqpValue,
  ) {}
}
