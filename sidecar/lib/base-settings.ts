/** What an operator may change: broker-config/base/broker.yaml, merged with the operator's own file. */
export interface BaseSettings {
  readonly journal: {
    readonly type: 'NIO' | 'ASYNCIO' | 'MAPPED';
    readonly sync: boolean;
    readonly minFiles: number;
    readonly poolFiles: number;
  };
  /** Bytes as Artemis writes them, such as `10M` or `1G`. */
  readonly memory: { readonly globalMaxSize: string; readonly addressMaxSize: string; readonly pageSize: string };
  readonly redelivery: {
    readonly delayMs: number;
    readonly multiplier: number;
    readonly maxDelayMs: number;
    readonly maxAttempts: number;
  };
  readonly connection: {
    readonly idleTimeoutMs: number;
    readonly amqpCredits: number;
    readonly amqpLowCredits: number;
  };
  readonly bridge: { readonly retryIntervalMs: number };
  readonly disk: { readonly maxUsagePercent: number };
}
