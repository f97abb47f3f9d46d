/** How servers begin an ERROR that one message has caused; all others concern the connection. */
const OF_MESSAGES = [
  /^Invalid [A-Za-z]{1,50} message\./,
  /^Unsupported content type\b/,
  /^Invalid message type\b/,
  /^Invalid creditor ID\b/,
  /^Invalid debtor ID\b/,
  /^Invalid coordinator (?:type|ID)\b/,
  /^The message timestamp is .* in the future\./,
  /^The body is too large\./,
  /^Content-length is too large\./,
  /^The frame header is too big\./,
  /^Invalid header\./,
  /^Invalid frame\./,
  /^UTF-8 decode error\./,
];

/** Those of them that will not pass before a person has done something at either side. */
const LASTING = [
  /^Unknown peer serial number\./,
  /^Invalid certificate subject\./,
  /^The peer has been deactivated\./,
  /^Invalid SEND destination\b/,
  /^STOMP 1\.2 is not supported/,
];

/** Whether an ERROR's `message` says that a message is at fault. A receipt-id alone does not: it comes with others, too. */
export function blamesMessage(words: string): boolean {
  return OF_MESSAGES.some((pattern) => pattern.test(words));
}

export function isLasting(words: string): boolean {
  return LASTING.some((pattern) => pattern.test(words));
}
