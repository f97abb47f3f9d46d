/** How an application is connected with its own broker. */
export type MessagingState =
  | { readonly phase: 'connecting' | 'connected' | 'closed' }
  /** `attempt` counts from 1 since the connection was lost, `delayMs` is the wait before it. */
  | { readonly phase: 'reconnecting'; readonly attempt: number; readonly delayMs: number; readonly reason: string };
