import type { Books, Statement } from './books.ts'

/** Books that were altered, and what the audit must say of them. */
export interface Plant {
  readonly name: string
  readonly plant: (books: Books) => Books
  readonly finds: RegExp
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'a statement that is gone',
    plant: (books) => withMarket(books, { statements: books.market.statements.filter((one) => one !== lastOf(books)) }),
    finds: /has a receipt and no statement/
  },
  {
    name: 'a statement that is there twice',
    plant: (books) =>
      withMarket(books, { statements: [...books.market.statements, { ...lastOf(books), seq: 10_000 }] }),
    finds: /is in the books twice/
  },
  {
    name: 'a statement with other counts than its receipt',
    plant: (books) => withLast(books, { tokens: { prompt: 0, cached: 0, completion: 0, reasoning: 1 } }),
    finds: /by its receipt/
  },
  {
    name: 'a price that is not on the bill',
    plant: (books) => withLast(books, { price: lastOf(books).price + 1n }),
    finds: /the bill is/
  },
  {
    name: 'a statement that is charged to nobody',
    plant: (books) => withMarket(books, { bill: [{ requests: 1, price: 0n, unbillable: 'USAGE_UNLISTED' }] }),
    finds: /charged to nobody/
  },
  {
    name: 'a voucher that the market has lost',
    plant: (books) => withMarket(books, { vouchers: [] }),
    finds: /the market has 0/
  },
  {
    name: 'a voucher above what it covers',
    plant: (books) =>
      withMarket(books, { covered: new Map([...books.market.covered, ['00/1', books.payees[0] ?? '']]) }),
    finds: /that nobody has/
  },
  {
    name: 'a voucher of which the market does not know for what',
    plant: (books) => withMarket(books, { covered: new Map([...books.market.covered].slice(1)) }),
    finds: /the market knows for what of/
  },
  {
    name: 'a statement that the client has a receipt for and does not pay',
    plant: (books) => withMarket(books, { covered: new Map() }),
    finds: /are not paid for of which the client has the receipt/
  },
  {
    name: 'a voucher below an earlier one',
    plant: (books) => withClient(books, { vouchers: books.client.vouchers.toReversed() }),
    finds: /after one of/
  },
  {
    name: 'a claim that nobody followed up',
    plant: (books) => withMarket(books, { claims: books.market.claims.map((one) => ({ ...one, state: 'open' })) }),
    finds: /a claim is open/
  },
  {
    name: 'a claim that was never sent',
    plant: (books) => ({ ...books, chain: { ...books.chain, walletMessages: books.chain.walletMessages.slice(1) } }),
    finds: /its message never ran/
  },
  {
    name: 'a claim that ran twice',
    plant: (books) => {
      const { walletMessages } = books.chain
      return { ...books, chain: { ...books.chain, walletMessages: [...walletMessages, ...walletMessages.slice(0, 1)] } }
    },
    finds: /ran 2 times/
  },
  {
    name: 'a payout that came twice',
    plant: (books) => withSteps(books, (steps) => [...steps, ...steps.filter(isPayout).slice(-1)]),
    finds: / on \d+ make /
  },
  {
    name: 'a nanoTON that is missing in the escrow',
    plant: (books) => withEscrow(books, { balance: books.chain.escrow.balance - 1n }),
    finds: /came: \d+ are there/
  },
  {
    name: 'a payment that a wallet did not get',
    plant: (books) => {
      const wallets = [...books.chain.wallets].map(([account, wallet]) => [account, { ...wallet, came: [] }] as const)
      return { ...books, chain: { ...books.chain, wallets: new Map(wallets) } }
    },
    finds: /to a wallet, 0 came/
  }
]

/** Of the receipt that came last: its guest lives. */
function lastOf({ market, client }: Books): Statement {
  const [request] = [...client.receipts].toSorted(([, a], [, b]) => a.at - b.at).at(-1) ?? []
  const last = market.statements.find((statement) => statement.request === request)
  if (last === undefined) throw new Error('no statement of the last receipt')
  return last
}

function withLast(books: Books, change: Partial<Statement>): Books {
  const last = lastOf(books)
  const statements = books.market.statements.map((one) => (one === last ? { ...one, ...change } : one))
  return withMarket(books, { statements })
}

function isPayout({ left }: Books['chain']['escrow']['steps'][number]): boolean {
  return left.some(({ payment }) => payment?.kind === 'payout')
}

function withMarket(books: Books, change: Partial<Books['market']>): Books {
  return { ...books, market: { ...books.market, ...change } }
}

function withClient(books: Books, change: Partial<Books['client']>): Books {
  return { ...books, client: { ...books.client, ...change } }
}

function withEscrow(books: Books, change: Partial<Books['chain']['escrow']>): Books {
  return { ...books, chain: { ...books.chain, escrow: { ...books.chain.escrow, ...change } } }
}

function withSteps(
  books: Books,
  change: (steps: Books['chain']['escrow']['steps']) => Books['chain']['escrow']['steps']
) {
  return withEscrow(books, { steps: change(books.chain.escrow.steps) })
}
