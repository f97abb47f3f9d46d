/** IDs of an account, as decimal numbers: creditor 7 of the agent's subnet, debtor 5 of the authority's. */
export interface Account {
  readonly creditor: string;
  readonly debtor: string;
}

/** The account of creditor 7 and debtor 5 below these leading hexadecimal digits. */
export function accountOf(creditors: string, debtors: string): Account {
  const under = (digits: string, number: number): string =>
    String(BigInt.asIntN(64, BigInt(`0x${digits.padEnd(16, '0')}`) + BigInt(number)));
  return { creditor: under(creditors, 7), debtor: under(debtors, 5) };
}

const FAR = '9999-12-31T23:59:59+00:00';

/** Times are ISO 8601. Numbers have 64 bits and are written as they are. */
export function prepareTransfer({ creditor, debtor }: Account, request: number, at: string): Buffer {
  return body(
    { type: 'PrepareTransfer', ...coordinator(creditor, debtor, request) },
    { min_locked_amount: '1', max_locked_amount: '1000', max_commit_delay: '3600' },
    { recipient: '2', final_interest_rate_ts: FAR, ts: at },
  );
}

export function preparedTransfer({ creditor, debtor }: Account, request: number, at: string): Buffer {
  return body(
    { type: 'PreparedTransfer', ...coordinator(creditor, debtor, request) },
    { transfer_id: '1', locked_amount: '1000', demurrage_rate: '-50.0' },
    { recipient: '2', prepared_at: at, deadline: FAR, final_interest_rate_ts: FAR, ts: at },
  );
}

interface Numbers {
  readonly type: string;
  readonly numbers: Readonly<Record<string, string>>;
}

function coordinator(creditor: string, debtor: string, request: number): Omit<Numbers, 'type'> {
  return {
    numbers: {
      debtor_id: debtor,
      creditor_id: creditor,
      coordinator_id: creditor,
      coordinator_request_id: String(request),
    },
  };
}

function body(
  { type, numbers }: Numbers,
  more: Readonly<Record<string, string>>,
  texts: Readonly<Record<string, string>>,
): Buffer {
  const text = Object.entries({ type, coordinator_type: 'direct', ...texts }).map(
    ([name, value]) => `"${name}":${JSON.stringify(value)}`,
  );
  const number = Object.entries({ ...numbers, ...more }).map(([name, value]) => `"${name}":${value}`);
  return Buffer.from(`{${[...text, ...number].join(',')}}`);
}
