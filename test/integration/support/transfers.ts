/** Of the fixtures' creditors, and of their authority's debtors. */
const CREDITOR = '1099511627783';
const DEBTOR = '1311862288428302341';
const COMMON = `"debtor_id":${DEBTOR},"creditor_id":${CREDITOR},"coordinator_type":"direct","coordinator_id":${CREDITOR}`;

/** What the creditors agent asks the authority; the number is found again by `requestIn`. About 400 bytes. */
export function prepareTransfer(number: number): Buffer {
  return Buffer.from(
    `{"type":"PrepareTransfer",${COMMON},"coordinator_request_id":${number},"min_locked_amount":1,` +
      `"max_locked_amount":9,"recipient":"2","final_interest_rate_ts":"9999-12-31T23:59:59Z","max_commit_delay":1000,` +
      `"ts":"2026-11-22T00:00:00Z"}`,
  );
}

/** What the authority answers. */
export function preparedTransfer(number: number): Buffer {
  return Buffer.from(
    `{"type":"PreparedTransfer",${COMMON},"coordinator_request_id":${number},"transfer_id":7,"locked_amount":9,` +
      `"recipient":"2","prepared_at":"2026-11-22T00:00:00Z","demurrage_rate":-50.0,"deadline":"2026-12-22T00:00:00Z",` +
      `"final_interest_rate_ts":"9999-12-31T23:59:59Z","ts":"2026-11-22T00:00:00Z"}`,
  );
}

/** The number of a transfer; NaN where there is none. */
export function requestIn(body: string): number {
  return Number(/"coordinator_request_id":(\d+)/.exec(body)?.[1]);
}
